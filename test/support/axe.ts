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

/** The same of a page of Playwright's. */
export async function findings(page: Page): Promise<unknown> {
  await page.evaluate(`${await readFile(SOURCE, 'utf8')}; undefined`);
  return page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
  );
}
