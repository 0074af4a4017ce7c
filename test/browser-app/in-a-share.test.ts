import type { BrowserContextOptions } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { PHONE } from '../support/app-browser.ts';
import { findings } from '../support/axe.ts';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { requestsTo } from '../support/requests.ts';
import { type MadeShare, makeShare } from '../support/shares.ts';
import { unzipped } from '../support/unzipped.ts';
import { useAppBench } from '../support/use-app.ts';

const EVIL = "' onmouseover='window.hacked=1.txt";

describeWith('chromium', 'the app in a share', () => {
  const on = useAppBench({ yaml: ['shares: {}'] });
  let share: MadeShare;
  let turn = 0;

  beforeEach(async () => {
    turn += 1;
    const { ada } = on.server.mailboxes;
    const above = `/turn${turn}`;
    await ada.put(`${above}/Sent out/notes.md`, '# Notes\n');
    await ada.put(`${above}/Sent out/${EVIL}`, 'evil');
    await ada.put(`${above}/Sent out/Below/deep.txt`, 'deep');
    await ada.put(`${above}/secret.txt`, 'not shared');
    share = await makeShare(davClient(on.server), `/ada${above}/Sent%20out/`, { kind: 'read' });
  });

  /** A browser whose user has no account here. */
  const visit = async (options: BrowserContextOptions = {}, at = share.url) => {
    const app = await on.browser.open(on.server, { httpCredentials: undefined, reducedMotion: 'reduce', ...options });
    await app.page.goto(at);
    await app.page.locator('#entries').waitFor();
    return app;
  };

  it('opens without an account, with the name of what is shared and its token nowhere to be seen', async () => {
    const before = requestsTo(on.server).length;
    const { page, context, problems } = await visit();
    expect(await page.locator('.rows bdi').allTextContents()).toEqual(['Below', EVIL, 'notes.md']);
    expect(await page.title()).toBe('Sent out');
    const shown = await page.locator('body').textContent();
    for (const hidden of [share.token, `turn${turn}`, 'ada']) {
      expect(shown).not.toContain(hidden);
    }
    await page.getByRole('link', { name: 'Below' }).click();
    await page.getByText('deep.txt').waitFor();
    const way = page.getByRole('navigation').getByRole('link');
    expect(await way.allTextContents()).toEqual(['Sent out', 'Below']);
    expect(await way.first().getAttribute('href')).toBe(share.root);
    await page.getByRole('grid').focus();
    await page.keyboard.press('Backspace');
    await page.getByText('notes.md').waitFor();
    // Above it there is nothing.
    await page.getByRole('grid').focus();
    await page.keyboard.press('Backspace');
    expect(new URL(page.url()).pathname).toBe(share.root);
    await page.reload();
    await page.getByText('notes.md').waitFor();
    expect(await page.title()).toBe('Sent out');
    // The second page is the shell. No answer names its own place in a cookie that others would get.
    const cookies = await context.cookies();
    expect(cookies.map(({ name, path }) => [name, path])).toEqual([['webdav-app', '/']]);
    const asked = requestsTo(on.server).slice(before);
    expect(asked.filter(({ status }) => status >= 400)).toEqual([]);
    expect(problems).toEqual([]);
    await context.close();
  });

  it.each([
    ['on a desktop', {}],
    ['on a phone', PHONE],
  ])('offers nothing that would change anything, share it or lead to an account: %s', async (_, options) => {
    const { page, context, problems } = await visit(options);
    await page.getByRole('checkbox', { name: 'Select notes.md' }).check();
    const words = async () =>
      [
        ...(await page.getByRole('button').allTextContents()),
        ...(await page.getByRole('menuitem').allTextContents()),
      ].join('\n');
    expect(await words()).not.toMatch(/Rename|Cut|Copy|Paste|Delete|Share|New folder|Upload/);
    await page.getByRole('button', { name: 'More actions: notes.md' }).click();
    await page.getByRole('menuitem', { name: 'Details' }).waitFor();
    expect(await words()).not.toMatch(/Rename|Cut|Copy|Paste|Delete|Share/);
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('grid').focus();
    for (const key of ['F2', 'Delete', 'Control+x', 'Control+c', 'Control+v']) {
      await page.keyboard.press(key);
    }
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitem', { name: 'Page without scripts' }).waitFor();
    expect(await words()).not.toMatch(/account|links|Server status/);
    expect(problems).toEqual([]);
    await context.close();
  });

  it('shows, finds and packs what is in it', async () => {
    const { page, context, problems } = await visit();
    await page.getByText('notes.md').click();
    await page.getByRole('dialog').locator('.prose h1').waitFor();
    await page.keyboard.press('Escape');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      (async () => {
        await page.getByRole('button', { name: 'View' }).click();
        await page.getByRole('menuitem', { name: 'Download as zip' }).click();
      })(),
    ]);
    expect(Object.keys(await unzipped(await download.path())).sort()).toEqual([
      ...["' onmouseover='window.hacked=1.txt", 'Below/', 'Below/deep.txt', 'notes.md'],
    ]);
    expect(download.suggestedFilename()).toBe('Sent out.zip');
    await page.getByRole('button', { name: 'More actions: notes.md' }).click();
    await page.getByRole('menuitem', { name: 'Details' }).click();
    await page.getByRole('dialog').getByText('Modified', { exact: true }).waitFor();
    expect(await page.getByRole('dialog').textContent()).not.toMatch(/Modified by|Versions/);
    await page.keyboard.press('Escape');
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(problems).toEqual([]);
    await context.close();
  });

  describe('from within its page', () => {
    /** What a script on the page can get; the page is of the same origin as everything else here. */
    const attempt = (page: Awaited<ReturnType<typeof visit>>['page'], method: string, href: string, json?: object) =>
      page.evaluate(
        async ([verb, url, body]) => {
          const headers: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
          const sent = { method: verb!, headers, ...(body !== undefined && { body }) };
          // A browser would ask its user for a password otherwise.
          const answer = await fetch(url!, { ...sent, credentials: 'omit' });
          return { status: answer.status, text: await answer.text() };
        },
        [method, href, json && JSON.stringify(json)] as const,
      );

    it.each([
      ['GET', '../../../?view=entries', undefined, 401],
      ['GET', '../../../ada/?view=entries', undefined, 401],
      ['GET', '..%2f?view=entries', undefined, 400],
      ['GET', '../?view=entries', undefined, 404],
      ['GET', '?view=zip&name=..', undefined, 404],
      ['GET', '?view=zip&name=../secret.txt', undefined, 404],
      ['POST', '?action=zip', { names: ['../secret.txt'] }, 404],
      ['GET', '?view=shares', undefined, 403],
      ['POST', '?action=share', { kind: 'read' }, 403],
      ['POST', '?action=unshare', { id: 'x' }, 403],
      // What follows is a PUT.
      ['POST', 'notes.md?action=upload', { size: 5e6, conflict: 'replace' }, 200],
      ['POST', 'notes.md?action=restore-version', { id: '1.0' }, 403],
      ['GET', 'notes.md?view=versions', undefined, 405],
      ['PUT', 'notes.md', {}, 403],
      ['DELETE', 'notes.md', undefined, 403],
    ])('%s %s gets nothing beyond its folder', async (method, href, json, expected) => {
      const { page, context } = await visit();
      const { status, text } = await attempt(page, method, href, json);
      expect(status).toBe(expected);
      expect(text).not.toMatch(/not shared|"secret.txt"/);
      expect((await on.server.mailboxes.ada.read(`/turn${turn}/Sent out/notes.md`)).toString()).toBe('# Notes\n');
      await context.close();
    });
  });

  it('shows an end of the share as an error', async () => {
    const { page, context } = await visit();
    const { id } = share;
    await on.server.mailboxes.ada.put(`/turn${turn}/Sent out/later.txt`, 'x');
    const dav = davClient(on.server);
    await dav('POST', '/?action=unshare', { 'Content-Type': 'application/json' }, JSON.stringify({ id }));
    await page.getByRole('link', { name: 'Below' }).click();
    await page.getByRole('alert').filter({ hasText: 'This folder cannot be shown' }).waitFor();
    await eventually(async () => expect(await page.locator('.rows').count()).toBe(0));
    await context.close();
  });
});
