import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SetupOptions } from '../../src/setup/options.ts';
import { openSetupBench, type SetupBench } from '../support/setup-bench.ts';

let bench: SetupBench;
let callsBefore: number;

beforeEach(async () => {
  bench = await openSetupBench();
  callsBefore = bench.emulator.calls.length;
});
afterEach(() => bench[Symbol.asyncDispose]());

/** What was asked of Microsoft, but for what the bench has asked itself. */
const callsSince = () => bench.emulator.calls.slice(callsBefore);

/** What ends a run at a terminal, where nobody was asked anything and nothing was asked of Microsoft. */
async function atOnce(options: Partial<SetupOptions>): Promise<string> {
  const { name, message } = await bench.failure({ script: [], options: { ...(await bench.known()), ...options } });
  expect([name, bench.told, callsSince()]).toEqual(['UsageError', [], []]);
  return message;
}

describe('flags that cannot be, before the first question', () => {
  it.each<[string, Partial<SetupOptions>, RegExp]>([
    ['credentials in --public-url', { publicUrl: 'https://joe:hunter2@x.example/' }, /^--public-url: .*credentials$/],
    ['--user with a colon', { user: 'a:b' }, /^--user: a user name must not hold ":"/],
    ['--user too long', { user: 'a'.repeat(201) }, /^--user: /],
    ['an empty --exclude', { all: true, exclude: [''] }, /^--exclude: /],
    ['an empty --match', { match: [''] }, /^--match: /],
    ['--exclude alone', { exclude: ['a*'] }, /^--exclude needs --all/],
    ['--group that is no id', { group: 'people' }, /^--group: write the object id/],
    ['--mount that makes no folder name', { mount: ['a|b@contoso.com'] }, /^--mount: /],
    ['--outbound-proxy of another scheme', { outboundProxy: 'socks5://joe:hunter2@x:1' }, /^--outbound-proxy: /],
    ['--graph-url that is no URL', { graphUrl: 'graph' }, /^--graph-url: /],
  ])('%s', async (_, options, complaint) => {
    const message = await atOnce(options);
    expect(message).toMatch(complaint);
    expect(message).not.toContain('hunter2');
  });

  it('all of them at once', async () => {
    expect(await atOnce({ user: 'a:b', match: [''] })).toMatch(/^--match: .*\n--user: /);
  });

  it('--config in a folder that cannot be made, or that is a folder', async () => {
    await writeFile(bench.path('').replace(/\/$/, ''), 'a file');
    expect(await atOnce({})).toMatch(/^--config: .*etc/);
    expect(await atOnce({ config: bench.folder })).toMatch(/^--config: .* is a folder/);
    expect((await readdir(bench.folder)).sort()).toEqual(['etc', 'given.txt']);
  });

  it('a password that is too short', async () => {
    const userPasswordFile = `${bench.folder}/password.txt`;
    await writeFile(userPasswordFile, 'short\n');
    expect(await atOnce({ userPasswordFile })).toMatch(/^--user-password-file: at least 8 characters/);
  });
});

it.each([
  ['client-secret.txt', { clientSecretFile: '-', userPasswordFile: 'given.txt' }],
  ['user-password.txt', {}],
])('without a terminal %s of another configuration ends it at once', async (name, options) => {
  await mkdir(bench.path(''));
  await writeFile(bench.path(name), 'mine');
  const given = 'userPasswordFile' in options ? { userPasswordFile: `${bench.folder}/given.txt` } : {};
  const known = { ...(await bench.known()), ...options, ...given, all: true };
  expect((await bench.failure({ options: known })).message).toMatch(`${name} already exists; --force replaces it`);
  expect(callsSince()).toEqual([]);
});

it.each([true, false])(
  'what is known late is refused by the name of its flag and of the real file, dry run or not',
  async dryRun => {
    bench.emulator.addMailbox({ upn: 'a|b@contoso.com' });
    const { message } = await bench.failure({
      options: { ...(await bench.known()), user: 'ada', dryRun },
      script: [
        [/Which OneDrives/, 'type'],
        [/Addresses/, 'a|b@contoso.com'],
        [/Password for it/, 'generate'],
        ...(dryRun ? [] : ([[/^Write/, true]] as const)),
      ],
    });
    expect(message).toMatch(`${bench.path('config.yaml')} was not written:\n--mount: `);
    expect(bench.told.join()).not.toContain('Would write');
    expect((await readdir(bench.folder, { recursive: true })).sort()).toEqual(
      dryRun ? ['given.txt'] : ['etc', 'given.txt'],
    );
  },
);

it('--mount of the same mailbox several times mounts it once', async () => {
  const mount = ['ada@contoso.com', 'grace@contoso.com', 'ADA@contoso.com', 'ada@contoso.com'];
  await bench.run({ options: { ...(await bench.known()), mount } });
  expect((await bench.config()).mounts).toEqual([{ mailbox: 'ada@contoso.com' }, { mailbox: 'grace@contoso.com' }]);
});

describe('blanks around an answer', () => {
  it('are not part of it, neither typed nor given', async () => {
    const { tenantId, clientId, clientSecret } = bench.emulator;
    const options = { cloud: 'global', mount: [' ada@contoso.com'], user: ' ada ' } as const;
    await bench
      .run({
        options,
        script: [
          [/tenant\) ID/, ` ${tenantId}\t`],
          [/How does/, 'secret'],
          [/client\) ID/, `${clientId} `],
          [/Client secret/, `${clientSecret}\n`],
          [/Password for it/, 'type'],
          [/^Password$/, ' with blanks '],
          [/^Again$/, ' with blanks '],
          [/^Write/, true],
        ],
      })
      .then(({ user }) => expect([user!.name, user!.password.reveal()]).toEqual(['ada', ' with blanks ']));
    expect((await bench.config()).tenant).toMatchObject({ tenantId, clientId });
  });
});
