import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AccountBench, startAccountBench } from '../support/account-bench.ts';
import { axeFindings } from '../support/axe.ts';
import { type BrowserSession, openBrowserSession } from '../support/browser-session.ts';
import { mountDavfs } from '../support/davfs2.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith, mustRun, run } from '../support/foreign-client.ts';
import { startGvfs } from '../support/gvfs.ts';

let bench: AccountBench;
let browser: BrowserSession;

beforeAll(async () => {
  bench = await startAccountBench();
  await bench.server.mailboxes.ada.put('/Documents/report.txt', 'of Ada\n');
  // Listed, but kept by no client.
  await bench.server.mailboxes.ada.put('/Documents/unread.txt', 'of Ada\n');
  const other = bench.server.url.replace('127.0.0.1', 'localhost');
  const redirectUris = [bench.server.url, other].map(url => `${url}/-/account/callback`);
  bench.server.emulator.setApplication({ redirectUris });
  bench.server.emulator.setSignIn('page');
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await bench?.stop();
});
beforeEach(async () => {
  browser ??= await openBrowserSession([
    `--proxy-server=${bench.server.emulator.proxy}`,
    '--ignore-certificate-errors',
  ]);
  await browser.renew();
});

const PERSON = 'button[name=person]';

/** Signs Ada in, as a person does it. */
async function signIn(home = bench.home): Promise<void> {
  await browser.open(`${home}/`);
  await browser.click('a.first');
  await browser.click(PERSON);
  expect(await browser.text()).toContain('ada@contoso.com');
}

/** Makes a password on the connect page of a device; returns it, and the texts to copy. */
async function connect(device: string): Promise<string[]> {
  await browser.open(`${bench.home}/connect/${device}`);
  await browser.click('form.fields button');
  return JSON.parse(
    await browser.run('JSON.stringify([...document.querySelectorAll("pre")].map(pre => pre.textContent))'),
  ) as string[];
}

describeWith('chromium', 'the account pages in Chromium', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'sign in over plain http on %s, where Chromium keeps Secure cookies',
    async host => {
      await signIn(bench.home.replace('127.0.0.1', host));
      expect(await browser.title()).toContain('Your devices');
      await browser.open(await browser.url());
      expect(await browser.title()).toContain('Your devices');
      expect(await browser.run('document.cookie')).toBe('');
      expect(browser.console).toEqual([]);
    },
  );

  it.each(['', '/callback?state=x&code=x'])('have nothing that axe objects to before a sign-in: %s', async path => {
    await browser.open(`${bench.home}${path}`);
    await check();
  });

  it.each(['windows', 'macos', 'linux', 'iphone', 'android', 'rclone', 'davfs2'])(
    'have nothing that axe or their policy objects to on the way to %s',
    async device => {
      await signIn();
      await browser.open(`${bench.home}/connect/${device}`);
      await check();
      expect(browser.console).toEqual([]);
    },
  );

  it('have nothing that axe or their policy objects to around a password', async () => {
    await signIn();
    await connect('windows');
    await check();
    // Our one script has run.
    expect(await browser.run('document.querySelectorAll("button[data-copies]:not([hidden])").length')).toBe('3');
    // It says what the page says, in whatever language.
    await browser.run(`navigator.clipboard.writeText = async () => {};
      document.querySelector('button[data-copies]').dataset.copied = 'Kopiert';
      document.querySelector('button[data-copies]').click()`);
    await eventually(async () => expect(await browser.text()).toContain('Kopiert'));
    await browser.open(`${bench.home}/`);
    await check();
    expect(browser.console).toEqual([]);
    await browser.run('document.querySelector("[name=name]").required = false');
    await browser.click('form.fields button');
    await check();
  });

  it('sign out at Microsoft as well, and come back', async () => {
    await signIn();
    await browser.click('header button');
    // From here the page goes to Microsoft by itself.
    await eventually(async () => expect(await browser.url()).toContain('/-/account/callback'));
    await eventually(async () => expect(await browser.text()).toContain('You have signed out'));
    await browser.open(`${bench.home}/sign-in`);
    // The load that ends the wait may be that of the page before.
    await eventually(async () => expect(await browser.title()).toBe('Sign in to your account'));
  });
});

/** Axe on the page, in both schemes, on a phone. */
async function check(): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await browser.screenshot(join(bench.server.folder, 'page.png'), { width: 390, height: 844, scheme });
    expect([await browser.title(), await axeFindings(browser)]).toEqual([await browser.title(), []]);
  }
}

describeWith(['chromium', 'curl', 'rclone'], 'a password from the page, with curl and rclone', () => {
  it('opens the files until it is revoked', async () => {
    await signIn();
    const [password, line] = (await connect('rclone')) as [string, string];
    const env = { RCLONE_CONFIG: join(bench.server.folder, 'rclone.conf') };
    await mustRun('sh', ['-c', line], { env });
    const list = () => run('rclone', ['--retries', '1', 'lsf', 'onedrive-webdav:ada/Documents'], { env });
    expect(await list()).toEqual({ code: 0, stdout: 'report.txt\nunread.txt\n', stderr: '' });
    const curl = () =>
      run('curl', [
        '-s',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '-u',
        `ADA:${password}`,
        `${bench.server.url}/ada/Documents/report.txt`,
      ]);
    expect((await curl()).stdout).toBe('200');
    await browser.open(`${bench.home}/`);
    expect(await browser.text()).toMatch(/Last used .* from 127.0.0.1 by (curl|rclone)/);
    await browser.click('button[aria-label="Revoke rclone"]');
    expect((await curl()).stdout).toBe('401');
    expect((await list()).code).not.toBe(0);
  });
});

/** Revokes a password by its name; returns a look at the statuses that a client has had since then. */
async function revoke(name: string): Promise<(client: RegExp) => number[]> {
  await browser.open(`${bench.home}/`);
  await browser.click(`button[aria-label="Revoke ${name}"]`);
  const before = bench.server.logged.length;
  return client =>
    bench.server.logged
      .slice(before)
      .map(line => JSON.parse(line) as { status?: number; userAgent?: string })
      .flatMap(({ status, userAgent }) => (status !== undefined && client.test(userAgent ?? '') ? [status] : []));
}

describeWith(['chromium', 'gio', 'dbus-run-session'], 'a password from the page, with gvfs', () => {
  it('opens the address of the page until it is revoked', async () => {
    await signIn();
    const [password, address] = (await connect('linux')) as [string, string];
    const gvfs = await startGvfs();
    try {
      expect((await gvfs.tryGio(`${password}\n`, 'mount', address)).code).toBe(0);
      expect((await gvfs.gio('cat', `${address}ada/Documents/report.txt`)).stdout).toBe('of Ada\n');
      const statuses = await revoke('Linux desktop');
      expect((await gvfs.tryGio('', 'cat', `${address}ada/Documents/unread.txt`)).code).not.toBe(0);
      expect(new Set(statuses(/gvfs/))).toEqual(new Set([401]));
    } finally {
      await gvfs.stop();
    }
  });
});

describeWith(['chromium', 'mount.davfs'], 'a password from the page, with davfs2', () => {
  it('mounts the address of the page until it is revoked', async () => {
    await signIn();
    const [, line] = (await connect('davfs2')) as [string, string];
    const secrets = join(bench.server.folder, 'secrets');
    await writeFile(secrets, `${line}\n`, { mode: 0o600 });
    // Only the line of the page can be right.
    const nobody = { user: 'nobody', password: 'nothing' };
    const mount = await mountDavfs(`${bench.server.url}/`, nobody, [`secrets ${secrets}`]);
    expect(await readFile(join(mount.path, 'ada/Documents/report.txt'), 'utf8')).toBe('of Ada\n');
    const statuses = await revoke('davfs2');
    await expect(readFile(join(mount.path, 'ada/Documents/unread.txt'))).rejects.toThrow();
    expect(new Set(statuses(/davfs2/))).toEqual(new Set([401]));
    await mount.stop();
  });
});
