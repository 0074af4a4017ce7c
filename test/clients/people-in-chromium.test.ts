import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AccountBench, PEOPLE, startAccountBench } from '../support/account-bench.ts';
import { type DavfsMount, mountDavfs } from '../support/davfs2.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith, run } from '../support/foreign-client.ts';
import { whyNoFuse } from '../support/fuse.ts';
import { type Gvfs, startGvfs } from '../support/gvfs.ts';
import { openPageBrowser, type PageBrowser } from '../support/page-browser.ts';
import { rcloneOnWebDav } from '../support/rclone.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const noFuse = await whyNoFuse();

/** A person at a browser, and the programs that they use with the passwords they make there. */
describeWith(['chromium', 'rclone', 'curl', 'gio', 'mount.davfs'], 'people in Chromium', () => {
  let bench: AccountBench;
  let browser: PageBrowser;
  let gvfs: Gvfs;

  beforeAll(async () => {
    bench = await startAccountBench({
      yaml: [...PEOPLE, 'discovery: { intervalMinutes: 1 }'],
    });
    bench.server.emulator.setSignIn('page');
    await bench.server.mailboxes.ada.put('/of ada.txt', 'of Ada');
    browser = await openPageBrowser(bench.server.emulator);
    gvfs = await startGvfs();
  });
  afterAll(async () => {
    await gvfs?.stop();
    await browser?.close();
    await bench?.stop();
  });

  async function signIn(page: Page): Promise<void> {
    await page.goto(bench.home);
    await page.getByText('Sign in with Microsoft').click();
    await page.getByRole('button', { name: 'ada@contoso.com' }).click();
    await page.getByText('Your user name is').waitFor();
  }

  /** Makes a password on the page of a guide. */
  async function makePassword(page: Page, guide: string, name: string): Promise<string> {
    await page.goto(`${bench.home}/connect`);
    await page.getByRole('link', { name: guide, exact: true }).click();
    await page.getByLabel('Name of the device or program').fill(name);
    await page.getByRole('button', { name: 'Make a password and show the steps' }).click();
    return (await page.locator('#password').textContent())!;
  }

  async function revoke(page: Page, name: string): Promise<void> {
    await page.goto(bench.home);
    const row = page.locator('li, tr, article').filter({ hasText: name }).last();
    await row.getByRole('button', { name: /Revoke/ }).click();
    await page.getByText(name).waitFor({ state: 'detached' });
  }

  const account = (password: string) => ({ url: bench.server.url, user: 'ada@contoso.com', password });
  const curl = async (password: string) => {
    const url = `${bench.server.url}/ada/of%20ada.txt`;
    const { stdout } = await run('curl', ['-s', '-o', '-', '-w', ' %{http_code}', '-u', `ADA:${password}`, url]);
    return stdout;
  };

  it('sign in, make a password for each program, use it, revoke it: it is refused at once', async () => {
    const page = await browser.newPage();
    await signIn(page);
    const passwords = {
      rclone: await makePassword(page, 'rclone', 'backup'),
      curl: await makePassword(page, 'rclone', 'script'),
      davfs2: await makePassword(page, 'davfs2', 'workstation'),
      gvfs: await makePassword(page, 'Linux desktop', 'laptop'),
    };
    const rclone = await rcloneOnWebDav(gvfs.home.path, account(passwords.rclone));
    // The owner of a mount by address is known once the directory has been read.
    await eventually(async () => expect(await curl(passwords.curl)).toBe('of Ada 200'), 200);
    expect((await rclone('cat', 'dav:ada/of ada.txt')).stdout).toBe('of Ada');
    // Only her own OneDrive.
    expect((await rclone('lsf', 'dav:')).stdout).toBe('ada/\n');
    const url = `dav://ada%40contoso.com@${new URL(bench.server.url).host}/ada/`;
    expect(await gvfs.tryGio(`${passwords.gvfs}\n`, 'mount', url)).toMatchObject({ code: 0 });
    expect((await gvfs.gio('cat', `${url}of ada.txt`)).stdout).toBe('of Ada');
    let davfs: DavfsMount | undefined;
    if (noFuse === undefined) {
      davfs = await mountDavfs(`${bench.server.url}/ada`, account(passwords.davfs2));
      expect((await run('cat', [`${davfs.path}/of ada.txt`])).stdout).toBe('of Ada');
    }

    for (const name of ['backup', 'script', 'workstation', 'laptop']) {
      await revoke(page, name);
    }
    await bench.server.mailboxes.ada.put('/later.txt', 'later');
    expect(await curl(passwords.curl)).toMatch(/ 401$/);
    expect((await rclone.try('cat', 'dav:ada/of ada.txt')).code).not.toBe(0);
    expect((await gvfs.tryGio('', 'cat', `${url}later.txt`)).code).not.toBe(0);
    if (davfs !== undefined) {
      expect((await run('cat', [`${davfs.path}/later.txt`])).code).not.toBe(0);
      await davfs.stop();
    }
  });

  it('every page passes axe, in light and dark, and nothing breaks the policy of the pages', async () => {
    const page = await browser.newPage();
    const findings: string[] = [];
    const judge = async (name: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        findings.push(...(await judgedByAxe(page)).map(finding => `${name} (${colorScheme}): ${finding}`));
      }
    };
    await page.goto(bench.home);
    await judge('signed out');
    await signIn(page);
    await judge('home');
    const guides = await guidesOf(page);
    expect(guides.length).toBeGreaterThan(5);
    for (const guide of guides) {
      await makePassword(page, guide, `a device of ${guide}`);
      await judge(guide);
    }
    await page.goto(bench.home);
    await judge('home with devices');
    await page.goto(`${bench.home}/nothing`);
    await judge('no such page');
    expect(findings).toEqual([]);
    expect(browser.console.filter(line => /Content.Security.Policy|Refused to/i.test(line))).toEqual([]);
  });

  async function guidesOf(page: Page): Promise<string[]> {
    await page.goto(`${bench.home}/connect`);
    return page.locator('nav a').allTextContents();
  }
});

/** What axe-core finds on the page, a line each. It runs beside the page's policy, as an extension would. */
async function judgedByAxe(page: Page): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  await page.evaluate(await readFile(AXE, 'utf8'));
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  return found;
}
