import type { BrowserContextOptions, Locator } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { PHONE } from '../support/app-browser.ts';
import { findings } from '../support/axe.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { tap } from '../support/gestures.ts';
import { useAppBench } from '../support/use-app.ts';

/** Names of folders that no phone has room for side by side. */
const DEEP = ['Correspondence', 'Harbour authority', 'Soundings', 'Second survey'];

describeWith('chromium', 'the app on a phone', () => {
  const bench = useAppBench({ yaml: ['shares: {}'] });

  beforeAll(async () => {
    const { ada } = bench.server.mailboxes;
    await ada.put('/phone/Letters/one.txt', 'x');
    await ada.put('/phone/plan 1.txt', 'first');
    await ada.put('/phone/plan 2.md', `# Plan\n\n${'word '.repeat(2000)}`);
    await ada.put(`/${DEEP.join('/')}/deep.txt`, 'x');
  });

  const opened = async (path: string, options: BrowserContextOptions = {}) => {
    const app = await bench.browser.open(bench.server, { ...PHONE, reducedMotion: 'reduce', ...options });
    await app.page.goto(`${bench.server.url}${encodeURI(`/ada${path}`)}`);
    await app.page.locator('#entries').waitFor();
    return app;
  };

  it('is not wider than it; a tap opens', async () => {
    const { page, context } = await opened('/phone/');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await page.locator('.rows .modified').first().isVisible()).toBe(false);
    await tap(page.locator('.rows .row', { hasText: 'Letters' }), { position: { x: 250, y: 20 } });
    await page.getByText('one.txt').waitFor();
    await context.close();
  });

  it('selects by boxes, and by what is around them; two presses there open nothing', async () => {
    const { page, context } = await opened('/phone/');
    const box = page.getByRole('checkbox', { name: 'Select plan 1.txt' });
    await tap(box);
    await page.getByText('1 selected').waitFor();
    await tap(box);
    await page.getByText('1 selected').waitFor({ state: 'detached' });
    await tap(page.locator('.rows .row', { hasText: 'plan 1.txt' }), { position: { x: 3, y: 3 } });
    await page.getByText('1 selected').waitFor();
    await box.dblclick();
    await page.getByRole('button', { name: 'More actions: plan 1.txt' }).dblclick();
    expect(await page.getByRole('dialog').count()).toBe(0);
    await context.close();
  });

  it('selects tiles by their boxes, and opens them by a tap', async () => {
    const { page, context } = await opened('/phone/');
    await tap(page.getByRole('button', { name: 'Thumbnails' }));
    await tap(page.getByRole('checkbox', { name: 'Select plan 1.txt' }));
    // While something is selected, a tap selects more.
    await tap(page.locator('.tile', { hasText: 'Letters' }));
    await page.getByText('2 selected').waitFor();
    expect(await findings(page)).toEqual([]);
    await tap(page.getByText('2 selected'));
    await tap(page.locator('.tile', { hasText: 'Letters' }));
    await page.getByText('one.txt').waitFor();
    await context.close();
  });

  it('shows the folder and the one above it whole, and has those above in a menu', async () => {
    const { page, context } = await opened(`/${DEEP.join('/')}/`);
    const steps = page.getByRole('navigation').getByRole('link');
    await eventually(async () => expect(await steps.count()).toBe(3));
    expect((await steps.allTextContents()).slice(1)).toEqual(['Soundings', 'Second survey']);
    for (const name of await steps.locator('bdi:not(.unseen)').all()) {
      expect(await name.evaluate(element => element.scrollWidth - element.clientWidth)).toBe(0);
    }
    await tap(page.getByRole('button', { name: 'Folders above' }));
    expect(await page.getByRole('menuitem').allTextContents()).toEqual(['ada', 'Correspondence', 'Harbour authority']);
    expect(await findings(page)).toEqual([]);
    await tap(page.getByRole('menuitem', { name: 'Harbour authority' }));
    await page.getByRole('link', { name: 'Soundings' }).waitFor();
    await context.close();
  });

  it.each([320, 375, 768, 1024])('leaves nothing out of the page that is pressed, %i pixels wide', async width => {
    const { page, context } = await opened('/phone/', { viewport: { width, height: 800 }, locale: 'de-DE' });
    const fits = async () => {
      expect(
        await page.getByRole('toolbar').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
      ).toBe(0);
      expect(await findings(page)).toEqual([]);
    };
    await fits();
    await tap(page.locator('.rows .row', { hasText: 'plan 1.txt' }).getByRole('checkbox'));
    await page.getByText('1 ausgewählt').waitFor();
    await fits();
    // What has no button there is in the menu.
    await tap(page.getByRole('toolbar').getByRole('button', { name: 'Weitere Aktionen' }));
    await tap(page.getByRole('menuitem', { name: 'Kopieren' }));
    await page.getByRole('button', { name: '1 Element hier einfügen' }).waitFor();
    await fits();
    await context.close();
  });

  it('covers no button by news, and no text by the steps to the next file', async () => {
    const { page, context } = await opened('/phone/');
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'new.txt'));
      const drop = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
      document.querySelector('.app')!.dispatchEvent(drop);
    });
    const panel = page.getByRole('region', { name: 'Uploads' });
    await panel.getByText('1 file uploaded').waitFor();
    await tap(page.getByRole('checkbox', { name: 'Select plan 1.txt' }));
    await tap(page.getByRole('button', { name: 'Copy', exact: true }));
    const toast = page.locator('.toast', { hasText: '1 item is ready to be pasted' });
    expect(await overlap(toast, panel)).toBe(false);
    await tap(page.getByRole('link', { name: 'plan 2.md' }));
    const text = page.locator('.paper');
    expect(await overlap(text, page.getByRole('button', { name: 'Previous' }))).toBe(false);
    await context.close();
  });
});

/** Whether two elements, which come into sight first, have a part of the page in common. */
async function overlap(one: Locator, other: Locator): Promise<boolean> {
  await Promise.all([one.waitFor(), other.waitFor()]);
  const [a, b] = await Promise.all([one.boundingBox(), other.boundingBox()]);
  return a!.x < b!.x + b!.width && b!.x < a!.x + a!.width && a!.y < b!.y + b!.height && b!.y < a!.y + a!.height;
}
