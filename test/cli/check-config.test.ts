import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { openState } from '../../src/state/sqlite/state.ts';
import { mailbox } from '../contracts/mailbox-store.ts';
import { runCommand } from '../support/command.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const GROUP = '11111111-0000-4000-8000-00000000000a';
const EVERYBODY = { mailboxes: { match: '*' } };

let folder: Awaited<ReturnType<typeof makeTempDir>>;
let emulator: Emulator;
let ada: MailboxHandle;

beforeEach(async () => {
  folder = await makeTempDir();
  emulator = await createEmulator();
  emulator.setApplication({ roles: ['User.Read.All', 'GroupMember.Read.All', 'Application.Read.All'] });
  ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace', mail: 'countess@contoso.com' });
});

afterEach(async () => {
  expect(emulator.violations).toEqual([]);
  await emulator.close();
  await folder[Symbol.asyncDispose]();
});

interface Given {
  readonly people?: readonly object[];
  readonly mounts?: readonly object[];
  readonly users?: readonly object[];
  readonly tenants?: Record<string, object>;
}

async function check({ people = [], mounts = [EVERYBODY], users = [], tenants }: Given, ...args: string[]) {
  const { proxy, caFile, tenantId, clientId, clientSecret } = emulator;
  const file = join(folder.path, 'config.yaml');
  const config = {
    listen: { port: 0 },
    dataDir: './data',
    outbound: { proxy, caFile },
    ...(tenants === undefined
      ? { tenant: { tenantId, clientId, clientSecret } }
      : { tenants, signIn: { tenant: Object.keys(tenants)[0] } }),
    ...{ mounts, people, users: users.map(user => ({ passwordHash: PASSWORD_HASH, ...user })) },
  };
  await writeFile(file, JSON.stringify(config));
  const { code, stdout, stderr } = await runCommand(['check-config', '--config', file, ...args]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trimEnd().split('\n');
}

const about = (lines: readonly string[]) => lines.filter(line => /^(! )?people\[/.test(line));
const operations = () => emulator.calls.map(({ operation }) => operation).filter(operation => operation !== 'token');

describe('check-config', () => {
  it('prints the rules for people in words, and asks nobody', async () => {
    const lines = await check({
      people: [
        {},
        {
          ...{ match: ['*@contoso.com', 'x@*'], exclude: ['svc-*'], group: GROUP, appRole: 'Files', guests: true },
          ...{ mounts: { own: 'write', 'm*': 'read' }, download: 'proxy', devicePasswords: 3 },
        },
      ],
    });
    expect(about(lines)).toEqual([
      'people[0]: everyone: write the own OneDrive, at most 20 device passwords',
      `people[1]: *@contoso.com, x@* but svc-*, guests as well, in the group ${GROUP} with the role Files: write the own OneDrive, read m*, downloads by proxy, at most 3 device passwords`,
      '! people[1]: a guest has no OneDrive of their own here',
    ]);
    expect(emulator.calls).toEqual([]);
  });

  it.each<[string, object, readonly object[], boolean]>([
    ['all mailboxes', { match: '*@contoso.com' }, [EVERYBODY], false],
    ['those of a wider pattern', { match: 'a*@contoso.com' }, [{ mailboxes: { match: '*@CONTOSO.com' } }], false],
    ['those of the same group', { group: GROUP }, [{ mailboxes: { group: GROUP } }], false],
    ['all but those that are left out', { exclude: 'svc-*' }, [{ mailboxes: { match: '*', exclude: 'SVC-*' } }], false],
    ['those of a narrower pattern', {}, [{ mailboxes: { match: '*@contoso.com' } }], true],
    ['those of a group', {}, [{ mailboxes: { group: GROUP } }], true],
    ['fewer', {}, [{ mailboxes: { match: '*', exclude: 'svc-*' } }], true],
    ['single ones', {}, [{ mailbox: 'ada@contoso.com' }], true],
  ])('warns of own where the mounts are not those of everybody: %s', async (_, rule, mounts, warns) => {
    const warnings = (await check({ people: [rule], mounts })).filter(line => line.startsWith('! '));
    expect(warnings.length > 0).toBe(warns);
    if (warns) {
      expect(warnings[0]).toMatch(/^! people\[0\]: not everyone has an own OneDrive here; only these have: /);
    }
  });

  it("warns of own where the mounts are another tenant's, and of all mounts for everyone", async () => {
    const { tenantId, clientId, clientSecret } = emulator;
    const one = { tenantId, clientId, clientSecret };
    const lines = await check({
      tenants: { one, two: { ...one, tenantId: GROUP } },
      mounts: [{ ...EVERYBODY, tenant: 'one' }],
      people: [
        { tenant: 'one', mounts: '*', access: 'read' },
        { tenant: 'two', mounts: ['own'] },
      ],
    });
    expect(about(lines).slice(-2)).toEqual([
      "! people[0]: everyone may read all mounts, other people's OneDrives as well",
      '! people[1]: not everyone has an own OneDrive here; nobody has. Add to mounts: mailboxes: {match: "*"}',
    ]);
  });
});

describe('check-config --as', () => {
  it('asks for a person with two calls, and prints each mount with its access and its rule', async () => {
    const { groupId } = emulator.addGroup({ displayName: 'group', members: [ada] });
    const lines = await check(
      {
        mounts: [EVERYBODY, ...['marketing', 'fixed', 'secret'].map(name => mount(name))],
        people: [
          { mounts: { own: 'write', fixed: 'read' } },
          { group: groupId, mounts: { marketing: 'read', fixed: 'write' }, download: 'proxy', devicePasswords: 30 },
          { match: '*@fabrikam.com', mounts: ['secret'] },
        ],
      },
      '--as',
      'ADA@contoso.com',
    );
    expect(lines).toEqual([
      `ada@contoso.com (Ada Lovelace, ${ada.userId}) may sign in by people[0], people[1]:`,
      '  write  /ada, the own OneDrive, by people[0]',
      '  read   /marketing, by people[1]',
      '  read   /fixed, by people[1]; the mount is read-only',
      '  mounts that rules find are known here once the server has run',
      '  at most 30 device passwords',
      '  downloads by proxy',
      'not by:',
      '  people[2]: the name does not match *@fabrikam.com',
    ]);
    expect(operations()).toEqual(['user-get', 'directoryobject-getmembergroups']);
  });

  const mount = (name: string) => ({ drive: `b!${name}`, name, readOnly: name === 'fixed' });

  it('finds a person by mail address, and asks for roles where a rule names one', async () => {
    emulator.setApplication({ appRoles: [{ id: 'r', value: 'Files', displayName: 'Files' }] });
    const given = { people: [{ appRole: 'Files' }] };
    const refused = await check(given, '--as', 'countess@contoso.com');
    expect(refused).toEqual([
      `ada@contoso.com (Ada Lovelace, ${ada.userId}) may not sign in:`,
      '  people[0]: does not have the role Files',
    ]);
    emulator.assign(ada, { role: 'Files' });
    expect((await check(given, '--as', 'countess@contoso.com'))[0]).toContain('may sign in by people[0]:');
  });

  it.each<[string, () => void, string, readonly string[]]>([
    ['unknown', () => {}, 'eve@contoso.com', ['eve@contoso.com may not sign in: the directory has no such user']],
    [
      'disabled',
      () => ada.setAccountEnabled(false),
      'ada@contoso.com',
      [expect.stringMatching(/ may not sign in:$/), '  the account is disabled'],
    ],
    [
      'for whom there is no rule',
      () => {},
      'ada@contoso.com',
      [
        expect.stringMatching(/ may not sign in:$/),
        '  people[0]: the name is excluded by ada@*',
        `  people[1]: not a member of the group ${GROUP}`,
      ],
    ],
  ])('says why a person may not sign in: %s', async (_, change, name, expected) => {
    change();
    expect(await check({ people: [{ exclude: 'ada@*' }, { group: GROUP }] }, '--as', name)).toEqual(expected);
  });

  it('takes a mount by address for that of its holder before the server has run', async () => {
    const lines = await check({ people: [{}], mounts: [{ mailbox: 'ADA@contoso.com' }] }, '--as', 'ada@contoso.com');
    expect(lines[1]).toBe('  write  /ADA, the own OneDrive, by people[0]');
  });

  it('says when no mount is the own drive', async () => {
    const lines = await check({ people: [{}], mounts: [{ mailbox: 'bob@contoso.com' }] }, '--as', 'ada@contoso.com');
    expect(lines.slice(1)).toEqual([
      '  sees no mount',
      "  ! no mount is this person's own OneDrive",
      '  at most 20 device passwords',
    ]);
  });

  it('knows the mounts that rules have found, and whose a mount by address is', async () => {
    const state = openState(join(folder.path, 'data'), { maxSideBytes: 1 });
    const { tenantId } = emulator;
    const found = mailbox(ada.userId, {
      tenantId: tenantId.toLowerCase(),
      principal: 'ada@contoso.com',
      name: 'countess',
    });
    const bob = mailbox('id-of-bob', { tenantId: tenantId.toLowerCase(), principal: 'bob@contoso.com', name: 'bob' });
    await state.mailboxes.keep({ tenantId: tenantId.toLowerCase(), mailboxes: [found, bob], rules: [] });
    await state.driveIds.set({ tenantId, mailbox: 'ada@contoso.com' }, 'drive of somebody before');
    await state.driveIds.set({ tenantId, mailbox: ada.userId }, ada.driveId);
    await state.close();
    const people = [{}, { mounts: ['b*'], access: 'read' }];
    expect((await check({ people }, '--as', 'ada@contoso.com')).slice(1, 3)).toEqual([
      '  write  /countess, the own OneDrive, by people[0]',
      '  read   /bob, by people[1]',
    ]);
    const single = await check({ people: [{}], mounts: [{ mailbox: 'ada@contoso.com' }] }, '--as', 'ada@contoso.com');
    expect(single.slice(1, 3)).toEqual(['  sees no mount', "  ! no mount is this person's own OneDrive"]);
  });

  it('answers for a user of the configuration, without a call', async () => {
    const given = {
      mounts: [mount('marketing'), mount('fixed')],
      users: [{ name: 'Editor', mounts: { 'm*': 'write', fixed: 'write' } }],
    };
    expect(await check(given, '--as', 'editor')).toEqual([
      'Editor signs in with the password of users[0]:',
      '  write  /marketing, by users[0]',
      '  read   /fixed, by users[0]; the mount is read-only',
    ]);
    expect(await check(given, '--as', 'nobody')).toEqual([
      'nobody may not sign in: no user has this name, and there are no rules for people',
    ]);
    expect(emulator.calls).toEqual([]);
  });
});
