import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../../src/emulator/emulator.ts';
import { type ClientHome, makeClientHome } from '../../support/client-home.ts';
import { eventually } from '../../support/eventually.ts';
import { describeWith, type ProgramResult, run } from '../../support/foreign-client.ts';

const PATIENT = { timeout: 120_000 };
/** libcurl of Debian trusts this file and no variable of the environment says otherwise. */
const TRUSTED = '/etc/ssl/certs/ca-certificates.crt';
/** Runs `onedrive` with the emulator's certificate in place of the trusted ones, which no other process sees. */
const TRUSTING = `mount --bind "$0" ${TRUSTED} && exec onedrive "$@"`;

/**
 * It works for a person and asks for `/me`; an application cannot be one, so that it goes no further than this. What is
 * shown is what it asks for and that it takes the refusals for what they are.
 */
describeWith(['onedrive', 'unshare'], "Debian's onedrive (abraunegg), as far as an application lets it", () => {
  let emulator: Emulator;
  let mailbox: MailboxHandle;
  let home: ClientHome;
  let whyNot: string | undefined;

  beforeAll(async () => {
    emulator = await createEmulator();
    // Its documentation has it registered as a program on somebody's machine, which has no secret to show.
    emulator.setApplication({ publicClient: true });
    mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
    home = await makeClientHome();
    const probe = await run('unshare', ['--mount', 'true']);
    whyNot = probe.code === 0 ? undefined : `this machine gives us no mounts of our own: ${probe.stderr.trim()}`;
  });
  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await emulator?.close();
  });
  beforeEach(context => {
    // Mounts of one's own are the kernel's choice, not a program to install: REQUIRE_CLIENTS asks for nothing here.
    if (whyNot !== undefined) {
      context.skip(whyNot);
    }
    emulator.resetCalls();
  });

  const newFolder = async (name: string) => {
    const folder = join(home.path, name);
    await mkdir(folder);
    const { clientId, tenantId } = emulator;
    const lines = [`sync_dir = "${folder}/sync"`, `application_id = "${clientId}"`, `azure_tenant_id = "${tenantId}"`];
    await writeFile(join(folder, 'config'), `${lines.join('\n')}\n`);
    return folder;
  };
  const synchronize = (folder: string, ...args: string[]): Promise<ProgramResult> => {
    const env = { ...home.env, HTTPS_PROXY: emulator.proxy, https_proxy: emulator.proxy };
    const all = ['--confdir', folder, '--synchronize', '--verbose', ...args];
    return run('unshare', ['--mount', 'sh', '-c', TRUSTING, emulator.caFile, ...all], { env });
  };
  /** What was asked for after the look whether the login host is there at all. */
  const asked = () =>
    emulator.calls.slice(1).map(({ method, host, path, status }) => `${method} ${host}${path} ${status}`);
  const tokenRefused = (status: 400 | 401 = 400) =>
    `POST login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/token ${status}`;
  const driveRefused = 'GET graph.microsoft.com/v1.0/me/drive 401';

  it(
    'sends a person to the tenant with the permissions of a person; a made-up answer is refused',
    PATIENT,
    async () => {
      const folder = await newFolder('by files');
      const [address, answer] = [join(folder, 'url'), join(folder, 'answer')];
      const running = synchronize(folder, '--auth-files', `${address}:${answer}`);
      const url = new URL(await eventually(() => notEmpty(address)));
      const redirect = url.searchParams.get('redirect_uri')!;
      await writeFile(answer, `${redirect}?code=never-issued`);
      const { code, stdout, stderr } = await running;
      expect(`${url.origin}${url.pathname}`).toBe(
        `https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/authorize`,
      );
      expect(Object.fromEntries(url.searchParams)).toEqual({
        client_id: emulator.clientId,
        scope: 'Files.ReadWrite Files.ReadWrite.All Sites.ReadWrite.All offline_access',
        response_type: 'code',
        prompt: 'login',
        redirect_uri: `https://login.microsoftonline.com/${emulator.tenantId}/oauth2/nativeclient`,
      });
      // The code is refused; it asks once more, for a new token by none, and then for the drive of nobody.
      expect(asked()).toEqual([tokenRefused(), tokenRefused(), driveRefused]);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(/AADSTS\d+/);
    },
  );

  it('a refresh token that nobody has issued is refused, and no file is touched', PATIENT, async () => {
    await mailbox.put('/file', 'x');
    const folder = await newFolder('by token');
    await writeFile(join(folder, 'refresh_token'), 'never-issued');
    const { code, stdout, stderr } = await synchronize(folder);
    expect(asked()).toEqual([tokenRefused(), driveRefused]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/AADSTS\d+/);
    expect(Object.keys(mailbox.tree())).toEqual(['/file']);
  });

  it('is refused for want of a secret where the application has to show one', PATIENT, async () => {
    emulator.setApplication({ publicClient: false });
    const folder = await newFolder('without a secret');
    await writeFile(join(folder, 'refresh_token'), 'never-issued');
    const { code, stdout, stderr } = await synchronize(folder);
    emulator.setApplication({ publicClient: true });
    expect(asked()).toEqual([tokenRefused(401), driveRefused]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/AADSTS7000218/);
  });

  it('does nothing else that an application should not', () => {
    expect(emulator.violations.filter(({ rule }) => rule !== 'me')).toEqual([]);
  });
});

async function notEmpty(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  if (text === '') {
    throw new Error(`${file} is empty yet`);
  }
  return text;
}
