import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { SetupOptions } from '../../src/setup/options.ts';
import type { Exchange } from '../support/scripted-terminal.ts';
import { openSetupBench, type SetupBench } from '../support/setup-bench.ts';

const PUBLIC = 'https://files.example.com';
const CALLBACK = `${PUBLIC}/-/account/callback`;
const WRITE: Exchange = [/^Write /, true];

let bench: SetupBench;

beforeEach(async () => {
  bench = await openSetupBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const told = () => bench.told.join('\n');
const known = async (more: Partial<SetupOptions>): Promise<Partial<SetupOptions>> => ({
  ...(await bench.known()),
  ...more,
});
const load = () => loadConfig(bench.path('config.yaml'), {});

describe('setup for everybody', () => {
  it('offers first that each person signs in, and writes a rule for people instead of a password', async () => {
    const script: Exchange[] = [
      [/Which OneDrives/, 'all'],
      [/Who signs in\?/, 'people'],
      [/Address at which people open this server/, PUBLIC],
      WRITE,
    ];
    const { user, people, files } = await bench.run({ script, options: await known({}) });
    expect([user, people, files]).toEqual([
      undefined,
      { rule: { match: ['*'], exclude: [] }, publicUrl: PUBLIC },
      [bench.path('config.yaml')],
    ]);
    expect(await bench.config()).toMatchObject({
      publicUrls: [PUBLIC],
      mounts: [{ mailboxes: { match: '*' } }],
      people: [{ match: '*', mounts: 'own' }],
    });
    expect(await bench.config()).not.toHaveProperty('users');
    expect((await load()).people).toMatchObject([{ match: ['*'], mounts: { own: 'write' } }]);
    expect(told()).not.toContain('Warning');
  });

  it('says which redirect URI to add and which delegated permissions to tick', async () => {
    await bench.run({ options: await known({ all: true, signIn: 'people', publicUrl: `${PUBLIC}/` }) });
    expect(told()).toMatch(
      /Let people sign in:\n\n {2}1\. Open \S+~\/Authentication\/\S+\n {5}Add this redirect URI for Web, exactly: (\S+)\n {2}2\. Open \S+~\/CallAnAPI\/\S+\n.*Delegated permissions: tick openid and profile\./,
    );
    expect(told()).toContain(`exactly: ${CALLBACK}\n`);
  });

  it('names only what is missing where it may read the registration', async () => {
    const roles = ['Files.ReadWrite.All', 'User.Read.All', 'Application.Read.All'];
    bench.emulator.setApplication({ roles, redirectUris: [CALLBACK], requiredScopes: ['openid'] });
    const options = await known({ all: true, signIn: 'people', publicUrl: PUBLIC, force: true });
    await bench.run({ options });
    expect(told()).toMatch(/ {2}1\. Open \S+~\/CallAnAPI\/[\s\S]*tick profile\./);
    expect(told()).not.toContain('redirect URI for Web');
    bench.emulator.setApplication({ requiredScopes: ['openid', 'profile'] });
    await bench.run({ options });
    expect(told()).toContain(`The application is ready for people who sign in at ${PUBLIC}.`);
  });

  it('keeps the rule and the access: a group, patterns, reading only', async () => {
    bench.emulator.setApplication({ roles: ['Files.Read.All', 'User.Read.All', 'GroupMember.Read.All'] });
    const { groupId } = bench.emulator.addGroup({
      displayName: 'Staff',
      members: [bench.emulator.mailbox('ada@contoso.com')],
    });
    const exclude = ['grace@*'];
    const more = { group: groupId, exclude, signIn: 'people', publicUrl: PUBLIC, readOnly: true } as const;
    await bench.run({ options: await known(more) });
    expect((await load()).people).toMatchObject([{ match: ['*'], exclude, group: groupId, mounts: { own: 'read' } }]);
  });

  it.each<[string, Partial<SetupOptions>]>([
    ['without a terminal', {}],
    ['by a flag', { signIn: 'one-user' }],
  ])('makes one user %s, and warns what that means', async (_, more) => {
    const { user } = await bench.run({ options: await known({ all: true, ...more }) });
    expect(user?.name).toBe('onedrive');
    expect(told()).toContain('Warning: whoever has this one password reaches the files of everybody');
    expect((await load()).people).toEqual([]);
  });

  it('does not warn of a user for named mailboxes', async () => {
    await bench.run({ options: await known({ mount: ['ada@contoso.com'] }) });
    expect(told()).not.toContain('Warning');
  });

  it('refuses an address at which nobody could sign in', async () => {
    const options = await known({ all: true, signIn: 'people', publicUrl: 'http://files.example.com' });
    expect((await bench.failure({ options })).message).toMatch(/--public-url: people can sign in only at an https/);
  });

  it.each<[string, Partial<SetupOptions>, RegExp]>([
    ['named mailboxes', { mount: ['ada@contoso.com'], publicUrl: PUBLIC }, /needs --all, --match or --group/],
    ['no address', { all: true }, /needs --public-url/],
    ['a user besides', { all: true, publicUrl: PUBLIC, user: 'ada' }, /leave out --user/],
  ])('refuses people who sign in with %s', async (_, more, reason) => {
    // The bench has a token of its own.
    bench.emulator.resetCalls();
    const { message } = await bench.failure({ options: await known({ signIn: 'people', ...more }) });
    expect(message).toMatch(reason);
    expect(bench.emulator.calls).toEqual([]);
  });
});
