import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import type { BrowserSession } from './browser-session.ts';

const SOURCE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds wrong on the page that a browser shows: the rule and the elements of each. */
export async function axeFindings(browser: BrowserSession): Promise<{ rule: string; where: string[] }[]> {
  await browser.run(`${await readFile(SOURCE, 'utf8')}; undefined`);
  const found = await browser.run('axe.run().then(({ violations }) => JSON.stringify(violations))');
  const violations = JSON.parse(found) as { id: string; nodes: { html: string }[] }[];
  return violations.map(({ id, nodes }) => ({ rule: id, where: nodes.map(({ html }) => html) }));
}

/** The same of a page of Playwright's; for fingers, that what they press is large enough, and in sight, too. */
export async function findings(page: Page): Promise<unknown> {
  await page.evaluate(`${await readFile(SOURCE, 'utf8')}; undefined`);
  const found = await page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
  );
  const isForFingers = await page.evaluate(() => matchMedia('(pointer: coarse)').matches);
  return isForFingers ? [...found, ...(await page.evaluate(targetsMissed, MIN_TARGET_PX))] : found;
}

/** WCAG 2.2, 2.5.8, "Target size (minimum)". */
const MIN_TARGET_PX = 24;

/** What can be pressed, but is smaller, or beyond the edge of the page. Links in a text are excepted, as there. */
function targetsMissed(min: number): string[] {
  const selector = 'button, a[href], input, select, textarea, summary, audio, video';
  return [...document.querySelectorAll(selector)]
    .filter(element => element.checkVisibility({ visibilityProperty: true }) && element.closest('.prose, p') === null)
    .map(element => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ box }) => box.width < min || box.height < min || box.left < 0 || Math.floor(box.right) > innerWidth)
    .map(({ element, box }) => `missed by fingers: ${element.outerHTML}, ${JSON.stringify(box)}`);
}
