import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parsePasswordHash, verifyPassword } from '../../src/auth/passwords.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { runCommand } from '../support/command.ts';
import { decideConsent } from '../support/consent-browser.ts';
import { davClient, hrefsOf } from '../support/dav-client.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { UNCONSENTED } from '../support/setup-bench.ts';
import { type RunningCommand, setupFlags, startCommand, stopCommands } from '../support/setup-process.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const CONSENT_URL = /https:\/\/\S+\/v2\.0\/adminconsent\?\S+/;

let folder: Awaited<ReturnType<typeof makeTempDir>>;
let emulator: Emulator;
let microsoft: MicrosoftClient;
let flags: string[];

beforeEach(async () => {
  folder = await makeTempDir();
  emulator = await createEmulator();
  emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace' });
  emulator.addMailbox({ upn: 'grace@contoso.com', displayName: 'Grace Hopper' });
  microsoft = await microsoftClient(emulator);
  flags = await setupFlags(emulator, folder.path);
});
afterEach(async () => {
  stopCommands();
  expect(emulator.violations).toEqual([]);
  await microsoft.close();
  await emulator.close();
  await folder[Symbol.asyncDispose]();
});

/** In a process of its own: to see what it prints while it waits, or to end it. */
const setup = (...args: string[]) => startCommand(['setup', ...flags, ...args]);
const setupToEnd = (...args: string[]) => runCommand(['setup', ...flags, ...args]);
const etc = (name = '') => join(folder.path, 'etc', name);
const config = async () => parse(await readFile(etc('config.yaml'), 'utf8'));

/** The flags without those of one credential, for another. */
function withoutSecret(): string[] {
  const at = flags.indexOf('--client-secret-file');
  return flags.toSpliced(at, 2);
}

async function consentUrl(command: RunningCommand): Promise<string> {
  return (await command.seen(CONSENT_URL))[0];
}

describe('setup without a terminal', () => {
  it('goes from nothing to a server that lists a mailbox', async () => {
    emulator.setApplication(UNCONSENTED);
    await writeFile(join(folder.path, 'password.txt'), 'correct horse\n');
    const command = setup('--mount', 'ada@contoso.com', '--user-password-file', join(folder.path, 'password.txt'));
    const { status, html } = await decideConsent(microsoft, await consentUrl(command));
    expect([status, html]).toEqual([200, expect.stringContaining('Consent was granted')]);
    const { code, stdout, stderr } = await command.done;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/Queried 1 OneDrive: 1 can be opened\./);
    expect(stdout).toMatch(/Windows Explorer +net use X: .*\/user:ada \*\n/);
    expect(stdout).toMatch(/Finder +Go > Connect to Server > http:\/\/ada@127\.0\.0\.1/);
    expect(stdout).toContain('rclone lsd --webdav-url');
    await listsMailbox('correct horse');
  });

  /** Serves what was written, as an operator does. */
  async function listsMailbox(password: string): Promise<void> {
    const server = startCommand(['serve', '--config', etc('config.yaml')]);
    try {
      const url = (await server.seen(/"url":"([^"]+)"/))[1]!;
      const dav = davClient({ url: url.replace(/\/$/, ''), user: 'ada', password });
      expect((await dav('PUT', '/ada/hello.txt', {}, 'hello')).status).toBe(201);
      const { text } = await dav('PROPFIND', '/ada/', { Depth: '1' });
      expect(hrefsOf(text)).toEqual(['/ada/', '/ada/hello.txt']);
    } finally {
      server.child.kill('SIGTERM');
      await server.done;
    }
  }

  it('writes a configuration to read, secrets for their owner only, and prints none', async () => {
    const given = ['--client-secret-file', '-', '--mount', 'ada@contoso.com', '--mount', 'grace@contoso.com'];
    const { code, stdout, stderr } = await startCommand(['setup', ...withoutSecret(), ...given], {
      input: `${emulator.clientSecret}\n`,
    }).done;
    expect([code, stderr]).toEqual([0, '']);
    expect((await readdir(etc())).sort()).toEqual(['client-secret.txt', 'config.yaml', 'user-password.txt']);
    for (const name of await readdir(etc())) {
      expect([name, (await stat(etc(name))).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect(await readFile(etc('client-secret.txt'), 'utf8')).toBe(`${emulator.clientSecret}\n`);
    const password = (await readFile(etc('user-password.txt'), 'utf8')).trim();
    const { users } = await config();
    expect(await verifyPassword(password, parsePasswordHash(users[0].passwordHash)!)).toBe(true);
    for (const secret of [emulator.clientSecret, password, users[0].passwordHash]) {
      expect(stdout).not.toContain(secret);
    }
    expect(stdout).toContain(`rclone obscure - < '${etc('user-password.txt')}'`);
  });

  it('refers to a secret that is kept already instead of copying it', async () => {
    await setupToEnd('--mount', 'ada@contoso.com');
    expect(await readdir(etc())).toEqual(['config.yaml', 'user-password.txt']);
    expect((await config()).tenant.clientSecretFile).toBe(join(folder.path, 'given-secret.txt'));
    const env = { THE_SECRET: emulator.clientSecret };
    const byEnv = [...withoutSecret(), '--client-secret-env', 'THE_SECRET', '--mount', 'ada@contoso.com', '--force'];
    expect((await runCommand(['setup', ...byEnv], env)).code).toBe(0);
    expect((await config()).tenant.clientSecretEnv).toBe('THE_SECRET');
  });

  it.each([
    ['--tenant', ['--tenant']],
    ['--client-id', ['--client-id']],
    ['--client-secret-file', ['--client-secret-file']],
  ])('names %s when it is missing, and ends with 2', async (name, [flag]) => {
    const at = flags.indexOf(flag!);
    const { code, stderr } = await runCommand(['setup', ...flags.toSpliced(at, 2), '--all']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(`${name}.* is missing, and there is no terminal`)]);
  });

  it('reports missing or wrong values before it sends any request to Microsoft', async () => {
    const wrong: [string[], RegExp][] = [
      [[], /--all, --match, --group or --mount is missing/],
      [['--all', '--client-id', 'my-app'], /--client-id: write it as Entra shows it/],
      [['--all', '--tenant', 'contoso'], /--tenant: write the GUID/],
      [['--all', '--cloud', 'germany'], /--cloud .* is invalid/],
      [['--all', '--listen', '8080'], /--listen .* write it as host:port/],
      [['--all', '--client-secret-env', 'X'], /give only one credential/],
      [['--all', '--client-secret', 'x'], /unknown option '--client-secret'/],
      [['--all', '--user-password-file', '/nowhere'], /--user-password-file: cannot read/],
      [['--all', '--ca-file', '/nowhere'], /--ca-file: cannot read/],
      [
        ['--all', '--public-url', 'https://u:topsecret@x.example'],
        /^--public-url: a public URL must not hold credentials$/m,
      ],
      [['--all', '--exclude', ''], /^--exclude: /m],
    ];
    for (const [args, message] of wrong) {
      const { code, stderr } = await setupToEnd(...args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    }
    expect(emulator.calls.filter(({ operation }) => operation === 'token')).toHaveLength(1);
    expect(await readdir(folder.path)).toEqual(['given-secret.txt']);
  });

  it('overwrites nothing unless a flag allows it', async () => {
    await mkdir(etc());
    await writeFile(etc('config.yaml'), 'mine');
    const refused = await setupToEnd('--all', '--yes');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/config\.yaml already exists; --force/)]);
    expect(await readFile(etc('config.yaml'), 'utf8')).toBe('mine');
    expect((await setupToEnd('--all', '--force')).code).toBe(0);
    expect((await config()).mounts).toHaveLength(1);
  });

  it('does not overwrite a secret of another configuration, either', async () => {
    await mkdir(etc());
    await writeFile(etc('user-password.txt'), 'of another');
    const { code, stderr } = await setupToEnd('--all');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/user-password\.txt already exists; --force/)]);
    expect(emulator.calls.map(({ operation }) => operation)).toEqual(['token']);
    expect(await readdir(etc())).toEqual(['user-password.txt']);
  });

  it('--dry-run does everything but write, and masks what is secret', async () => {
    const { code, stdout, stderr } = await setupToEnd('--all', '--dry-run', '--json');
    expect(code).toBe(0);
    expect(stderr).toContain('mailboxes:');
    expect(stderr).toContain('passwordHash: "…"');
    expect(stderr).not.toContain('$argon2id');
    expect(JSON.parse(stdout)).toMatchObject({
      config: etc('config.yaml'),
      written: false,
      user: 'onedrive',
      rule: { match: ['*'] },
    });
    expect(await readdir(folder.path)).toEqual(['given-secret.txt']);
  });

  it('shows no password of a URL, neither in what would be written nor of one that is refused', async () => {
    const proxy = emulator.proxy.replace('://', '://joe:hunter2@');
    const { code, stdout, stderr } = await setupToEnd('--all', '--dry-run', '--outbound-proxy', proxy);
    expect([code, stderr, stdout]).toEqual([0, '', expect.stringMatching(/ proxy: "http:\/\/…@127\.0\.0\.1:\d+"/)]);
    expect(stdout).not.toContain('hunter2');
    const refused = await setupToEnd('--all', '--public-url', 'https://joe:hunter2@files.example.com/?x');
    expect([refused.code, refused.stderr]).toEqual([2, expect.not.stringContaining('hunter2')]);
  });

  it('is given up by Ctrl+C while it waits for the secret on standard input', async () => {
    const given = ['--client-secret-file', '-', '--all'];
    const command = startCommand(['setup', ...withoutSecret(), ...given], { keepsInputOpen: true });
    await command.seen(/Reading the client secret from standard input/);
    command.child.kill('SIGINT');
    expect(await command.done).toMatchObject({ code: 1, stderr: expect.stringContaining('given up: no') });
  });

  it('--json ends with one object on standard output', async () => {
    const { stdout } = await setupToEnd('--mount', 'ada@contoso.com', '--json');
    expect(JSON.parse(stdout)).toEqual({
      config: etc('config.yaml'),
      files: [etc('config.yaml'), etc('user-password.txt')],
      written: true,
      url: 'http://127.0.0.1:0/',
      user: 'ada',
      passwordFile: etc('user-password.txt'),
      mailboxes: ['ada@contoso.com'],
      rule: null,
      people: null,
    });
  });
});

describe('people who sign in', () => {
  const args = ['--all', '--sign-in', 'people', '--public-url', 'https://files.example.com'];

  it('are told where, and there is no password', async () => {
    const { stdout } = await setupToEnd(...args);
    expect(stdout).toContain('Then people sign in at https://files.example.com/-/account and connect their devices.');
    expect(await readdir(etc())).toEqual(['config.yaml']);
  });

  it('are in the object of --json', async () => {
    const { stdout } = await setupToEnd(...args, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ url: 'https://files.example.com', user: null, passwordFile: null },
      people: { match: ['*'], exclude: [] },
    });
  });
});

describe('consent', () => {
  beforeEach(() => emulator.setApplication(UNCONSENTED));

  it('refused: names who refused, why, and what to do, and writes nothing', async () => {
    const command = setup('--all');
    const { html } = await decideConsent(microsoft, await consentUrl(command), 'cancel');
    expect(html).toMatch(/Consent was refused[\s\S]*the person who signed in[\s\S]*AADSTS65004/);
    const { code, stderr } = await command.done;
    expect(code).toBe(1);
    expect(stderr).toMatch(/Consent was refused by the person who signed in: they declined/);
    expect(stderr).toMatch(/To do: open the address again and choose Accept, as a Privileged Role Administrator/);
    expect(stderr).toContain('AADSTS65004');
    await expect(readdir(etc())).rejects.toThrow('ENOENT');
  });

  it('by somebody who is not an administrator: names the roles that may consent', async () => {
    emulator.setConsent('not-an-administrator');
    const command = setup('--all');
    const page = await microsoft.plain(await consentUrl(command));
    const back = /<a href="([^"]+)">Return to the application/.exec(page.text)![1]!.replaceAll('&amp;', '&');
    expect(await (await fetch(back)).text()).toContain('may not grant application permissions');
    const { code, stderr } = await command.done;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/refused by Microsoft Entra: .* may not grant/)]);
    expect(stderr).toMatch(
      /sign in as a Privileged Role Administrator or Global Administrator; an Application Administrator is not/,
    );
  });

  it('with another redirect URI registered: Microsoft keeps the browser, and setup names the cause and the cure', async () => {
    emulator.setApplication({ redirectUris: ['http://localhost/another'] });
    const command = setup('--all', '--consent-timeout', '1');
    const url = await consentUrl(command);
    const { status, html } = await decideConsent(microsoft, url);
    expect([status, html]).toEqual([400, expect.stringContaining('AADSTS50011')]);
    const { code, stderr } = await command.done;
    expect(code).toBe(1);
    expect(stderr).toMatch(/nobody has come back from the consent page within 1 s/);
    expect(stderr).toContain('AADSTS50011');
    expect(stderr).toContain(new URL(url).searchParams.get('redirect_uri')!);
    expect(stderr).toMatch(/entra\.microsoft\.com\S+~\/Authentication\/appId\//);
  });

  it('with another state is ignored, and the right one still counts', async () => {
    const command = setup('--all');
    const url = await consentUrl(command);
    const redirectUri = new URL(url).searchParams.get('redirect_uri')!;
    const forged = await fetch(`${redirectUri}?admin_consent=True&tenant=x&state=forged`);
    expect([forged.status, await forged.text()]).toEqual([400, expect.stringContaining('setup ignored it')]);
    expect((await fetch(redirectUri)).status).toBe(404);
    await command.seen(/answer with a different state arrived and was ignored/);
    await decideConsent(microsoft, url);
    expect((await command.done).code).toBe(0);
  });

  it('comes back by the public URL through a proxy, to where the server will listen', async () => {
    emulator.setApplication({ redirectUris: ['https://files.example.com/dav/-/consent'] });
    const { port, close } = await freePort();
    await close();
    const command = setup('--all', '--public-url', 'https://files.example.com/dav', '--listen', `127.0.0.1:${port}`);
    const url = await consentUrl(command);
    const ticket = /name="ticket" value="([^"]+)"/.exec((await microsoft.plain(url)).text)![1]!;
    const answer = await microsoft.plain(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ticket, decision: 'accept' }).toString(),
    });
    const location = String(answer.headers.location);
    expect(location).toMatch(/^https:\/\/files\.example\.com\/dav\/-\/consent\?/);
    // What the proxy in front does.
    expect((await fetch(location.replace('https://files.example.com', `http://127.0.0.1:${port}`))).status).toBe(200);
    const { code, stdout } = await command.done;
    expect(code).toBe(0);
    expect(stdout).toContain('net use X: https://files.example.com/dav/');
    expect((await config()).publicUrls).toEqual(['https://files.example.com/dav']);
  });

  it('comes back to this machine when the public URL is plain http, which Entra does not take', async () => {
    const command = setup('--all', '--public-url', 'http://files.intern/');
    const url = await consentUrl(command);
    expect(new URL(url).searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/consent$/);
    await decideConsent(microsoft, url);
    expect((await command.done).code).toBe(0);
    expect((await config()).publicUrls).toEqual(['http://files.intern/']);
  });

  it('is given up by Ctrl+C, with a sentence', async () => {
    const command = setup('--all');
    await consentUrl(command);
    command.child.kill('SIGINT');
    expect(await command.done).toMatchObject({ code: 1, stderr: 'given up: no configuration was written\n' });
    await expect(readdir(etc())).rejects.toThrow('ENOENT');
  });

  it('a port that is taken is named with its flag', async () => {
    const { port, close } = await freePort();
    try {
      const { code, stderr } = await setupToEnd('--all', '--consent-port', String(port));
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/cannot wait for the browser.*EADDRINUSE.*--consent-port/),
      ]);
    } finally {
      await close();
    }
  });
});

async function freePort(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>(resolve => void server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, close };
}

describe('the application', () => {
  it('is proved by a certificate that is made now, once its public half is uploaded', async () => {
    const command = startCommand(['setup', ...withoutSecret(), '--new-certificate', '--mount', 'ada@contoso.com']);
    const [, thumbprint] = await command.seen(/thumbprint that Entra shows: ([\dA-F]{40})/);
    const name = `certificate-${thumbprint!.slice(0, 8).toLowerCase()}`;
    const certificate = await readFile(etc(`${name}.cer`), 'utf8');
    await command.seen(new RegExp(RegExp.escape(certificate.trim())));
    expect(new X509Certificate(certificate).fingerprint.replaceAll(':', '')).toBe(thumbprint);
    emulator.setApplication({ certificates: [certificate] });
    const { code, stdout } = await command.done;
    expect(code).toBe(0);
    expect(stdout).not.toContain('PRIVATE KEY');
    expect((await stat(etc(`${name}.pem`))).mode & 0o777).toBe(0o600);
    expect((await loadConfig(etc('config.yaml'), {})).tenants[0]!.credential.kind).toBe('certificate');
  });

  it('keeps a new certificate that is not uploaded in time, and says how to go on with it', async () => {
    const args = [...withoutSecret(), '--new-certificate', '--all', '--consent-timeout', '0'];
    const { code, stderr } = await runCommand(['setup', ...args]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('AADSTS700027')]);
    await goesOnWith(stderr);
  });

  it('keeps a new certificate when Ctrl+C ends the wait for its upload, and says how to go on with it', async () => {
    const command = startCommand(['setup', ...withoutSecret(), '--new-certificate', '--all']);
    await command.seen(/thumbprint that Entra shows/);
    command.child.kill('SIGINT');
    const { code, stderr } = await command.done;
    expect([code, stderr]).toEqual([1, expect.stringContaining('given up: no configuration was written\n')]);
    await goesOnWith(stderr);
  });

  /** The next run, with what the words of the last one name. */
  async function goesOnWith(words: string): Promise<void> {
    const [, file = ''] = /continue with --certificate-file (\S+)$/m.exec(words) ?? [];
    emulator.setApplication({ certificates: [await readFile(file.replace(/pem$/, 'cer'), 'utf8')] });
    const resumed = [...withoutSecret(), '--certificate-file', file, '--all'];
    expect((await runCommand(['setup', ...resumed])).code).toBe(0);
  }

  it('explains how to assign a permission to a managed identity without any', async () => {
    const server = createServer((_, response) => {
      const token = ['{"alg":"none"}', '{}', 'x'].map(part => Buffer.from(part).toString('base64url')).join('.');
      response.end(JSON.stringify({ access_token: token, expires_on: String(Math.floor(Date.now() / 1000) + 3600) }));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const env = {
        IDENTITY_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
        IDENTITY_HEADER: 'header',
      };
      const own = withoutSecret();
      const args = [...own.toSpliced(own.indexOf('--client-id'), 2), '--managed-identity', '--all'];
      const { code, stdout, stderr } = await runCommand(['setup', ...args], env);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/has no permission at all/)]);
      expect(stdout).toMatch(/New-MgServicePrincipalAppRoleAssignment/);
      expect(stdout).not.toMatch(CONSENT_URL);
    } finally {
      server.close();
    }
  });
});
