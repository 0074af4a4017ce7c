import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { runCommand } from '../support/command.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const GIB = 1024 ** 3;
const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const MOUNT = '  - { mailbox: admin@contoso.com }';

let folder: Awaited<ReturnType<typeof makeTempDir>>;
let emulator: Emulator;
let ada: MailboxHandle;

beforeEach(async () => {
  folder = await makeTempDir();
  emulator = await createEmulator();
  ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace', quotaBytes: 50 * GIB });
});

afterEach(async () => {
  // The server of the tenant saw nothing that it would hold against a client.
  expect(emulator.violations).toEqual([]);
  await emulator.close();
  await folder[Symbol.asyncDispose]();
});

/** A configuration as an operator has it before the mounts are known: one to begin with. */
async function writeConfig(mounts = MOUNT, ...yaml: string[]): Promise<string> {
  const file = join(folder.path, 'config.yaml');
  const lines = [
    'listen: { port: 0 }',
    `outbound: { proxy: "${emulator.proxy}", caFile: "${emulator.caFile}" }`,
    `tenant: { tenantId: "${emulator.tenantId}", clientId: "${emulator.clientId}", clientSecret: "${emulator.clientSecret}" }`,
    'mounts:',
    mounts,
    `users: [{ name: ada, passwordHash: "${HASH}", mounts: "*" }]`,
    ...yaml,
  ];
  await writeFile(file, lines.join('\n'));
  return file;
}

async function mailboxes(...args: string[]) {
  return runCommand(['mailboxes', '--config', await writeConfig(), ...args]);
}

async function listed(...args: string[]): Promise<ReturnType<typeof JSON.parse>[]> {
  const { stdout, stderr, code } = await mailboxes('--json', ...args);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

const callsOf = (name: string) => emulator.calls.filter(({ operation }) => operation === name).length;

/** Somebody for each way in which Graph says that there is no drive. */
function addThoseWithoutDrive(): void {
  emulator.addMailbox({ upn: 'b@contoso.com', drive: 'no-mysite' });
  emulator.addMailbox({ upn: 'c@contoso.com', drive: 'no-mysite-url' });
  emulator.addMailbox({ upn: 'd@contoso.com', drive: 'file-not-found' });
  emulator.addMailbox({ upn: 'e@contoso.com', drive: 'no-licence' });
  emulator.addMailbox({ upn: 'f@contoso.com', drive: 'locked' });
}

describe('mailboxes', () => {
  it('prints an aligned table, says what those without a drive can do, and shows no progress to a pipe', async () => {
    await ada.put('/file', Buffer.alloc(1536));
    emulator.addMailbox({ upn: 'li@contoso.com', displayName: '李 Li', drive: 'no-mysite' });
    emulator.addMailbox({ upn: 'gone@contoso.com', displayName: 'Bad\u001b[2J\u202eName', accountEnabled: false });
    const { code, stdout, stderr } = await mailboxes();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'USER PRINCIPAL NAME  DISPLAY NAME  ACCOUNT   DRIVE                 USED    TOTAL',
      'ada@contoso.com      Ada Lovelace  enabled   ready              1.5 KiB   50 GiB',
      'gone@contoso.com     Bad\ufffd[2J\ufffdName  disabled  ready                  0 B  1.0 TiB',
      'li@contoso.com       李 Li         enabled   never provisioned',
      '',
      expect.stringMatching(/^never provisioned: the user has no OneDrive yet; assign a licence/),
    ]);
  });

  it('--json is one array that tells the ways to have no drive apart', async () => {
    addThoseWithoutDrive();
    const shown = await listed();
    expect(shown.map(({ drive }) => drive)).toEqual([
      'ready',
      'never-provisioned',
      'no-site-address',
      'site-not-found',
      'no-licence',
      'locked',
    ]);
    expect(shown[0]).toEqual({
      id: ada.userId,
      userPrincipalName: 'ada@contoso.com',
      displayName: 'Ada Lovelace',
      mail: 'ada@contoso.com',
      enabled: true,
      drive: 'ready',
      reason: null,
      driveId: ada.driveId,
      usedBytes: 0,
      totalBytes: 50 * GIB,
    });
    expect(shown[4]).toMatchObject({ reason: expect.stringContaining('no SharePoint licence'), totalBytes: null });
  });

  it('--yaml gives mounts that a configuration takes, with names of their own', async () => {
    addThoseWithoutDrive();
    // Two names that differ by case only, one that is no folder name, one that YAML would take for something else.
    emulator.addMailbox({ upn: 'ADA@fabrikam.com', displayName: 'Ada\nelse: # "two"' });
    emulator.addMailbox({ upn: 'admin@fabrikam.com' });
    emulator.addMailbox({ upn: 'admin@contoso.com' });
    emulator.addMailbox({ upn: '*@contoso.com' });
    emulator.addMailbox({ upn: 'null@contoso.com', accountEnabled: false });
    emulator.addMailbox({ upn: 'guest_x.org#EXT#@contoso.com' });
    const { code, stdout } = await mailboxes('--yaml');
    expect(code).toBe(0);
    const { mounts } = await loadConfig(await writeConfig(`${MOUNT}\n${stdout}`), {});
    expect(mounts.map(({ source, name }) => [source.kind === 'mailbox' && source.mailbox, name])).toEqual([
      ['admin@contoso.com', 'admin'],
      ['*@contoso.com', 'mailbox'],
      ['ada@contoso.com', 'ada'],
      ['ADA@fabrikam.com', 'ADA@fabrikam.com'],
      ['admin@fabrikam.com', 'admin@fabrikam.com'],
      ['guest_x.org#EXT#@contoso.com', 'guest_x.org#EXT#'],
      ['null@contoso.com', 'null'],
    ]);
    expect(stdout).toContain('  # - mailbox: b@contoso.com # b, drive: never provisioned\n');
    expect(stdout).toContain('  # - mailbox: admin@contoso.com # admin, already mounted as admin\n');
    expect(stdout).toContain('  - mailbox: null@contoso.com # null, account disabled\n    name: "null"\n');
    expect(stdout).toContain('# guest_x.org#EXT#, drive: not looked at\n');
  });

  it.each([
    ['ADA*', ['ada@contoso.com']],
    ['*@fabrikam.com', ['x.y@fabrikam.com']],
    ['grace h?pper', ['g@contoso.com']],
    ['x.y*', ['x.y@fabrikam.com']],
    ['ada', []],
    ['*(*', []],
  ])(
    '--filter %s finds by principal name and display name, and only those drives are looked at',
    async (glob, found) => {
      emulator.addMailbox({ upn: 'g@contoso.com', displayName: 'Grace Hopper' });
      emulator.addMailbox({ upn: 'x.y@fabrikam.com', displayName: 'Somebody' });
      emulator.addMailbox({ upn: 'xzy@contoso.com', displayName: 'Somebody else' });
      const shown = await listed('--filter', glob);
      expect(shown.map(({ userPrincipalName }) => userPrincipalName)).toEqual(found);
      expect(callsOf('drive-get')).toBe(found.length);
    },
  );

  it('--no-drives looks at none', async () => {
    expect(await listed('--no-drives')).toMatchObject([{ drive: 'not-looked-at', enabled: true, usedBytes: null }]);
    expect(callsOf('drive-get')).toBe(0);
  });

  it('reads 1,200 users in two calls, looks at 200 drives, none of guests, and says how many it left out', async () => {
    emulator.addMailbox({ upn: 'aaa_x.org#EXT#@contoso.com', drive: 'no-mysite' });
    for (let index = 0; index < 1198; index += 1) {
      emulator.addMailbox({ upn: `u${String(index).padStart(4, '0')}@contoso.com` });
    }
    const { code, stdout, stderr } = await mailboxes('--json');
    const states = JSON.parse(stdout).map(({ drive }: { drive: string }) => drive);
    expect([code, stderr]).toEqual([0, expect.stringContaining('1000 of 1200 drives were left out')]);
    expect([states.length, states[0], states[1], states[200], states[201]]).toEqual([
      1200,
      'not-looked-at',
      'ready',
      'ready',
      'not-looked-at',
    ]);
    expect([callsOf('user-list'), callsOf('drive-get')]).toEqual([2, 200]);
    emulator.resetCalls();
    await listed('--filter', '*#ext#*', '--all');
    expect(callsOf('drive-get')).toBe(1);
  });

  it('without the permission it says which to add, and that mounts can be written by hand', async () => {
    emulator.setApplication({ roles: ['Files.ReadWrite.All'] });
    const { code, stdout, stderr } = await mailboxes();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/add the application permission User\.Read\.All .* write the mounts by hand/);
  });

  it('throttled half-way it stops, prints what it has, says so and fails', async () => {
    addThoseWithoutDrive();
    // One at a time: what is under way already cannot know of an answer that another one gets.
    const file = await writeConfig(MOUNT, 'graph: { maxConcurrentRequests: 1 }');
    let probes = 0;
    emulator.setFault(operation =>
      operation === 'drive-get' && ++probes > 2 ? { status: 429, retryAfter: '90' } : undefined,
    );
    const { code, stdout, stderr } = await runCommand(['mailboxes', '--config', file, '--json']);
    expect(JSON.parse(stdout).map(({ drive }: { drive: string }) => drive)).toEqual([
      'ready',
      'never-provisioned',
      ...Array(4).fill('not-looked-at'),
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/the list is complete, but 4 of its drives were not queried: .* try again in \d+ s/);
    expect(callsOf('drive-get')).toBe(3);
  });

  it('a wrong configuration ends with 78, a wrong secret with 1, two formats at once with 2', async () => {
    expect((await runCommand(['mailboxes', '--config', 'missing.yaml'])).code).toBe(78);
    expect((await mailboxes('--json', '--yaml')).code).toBe(2);
    const file = await writeConfig();
    emulator.setApplication({ clientSecret: 'changed meanwhile' });
    const { code, stderr } = await runCommand(['mailboxes', '--config', file]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('AADSTS7000215')]);
  });
});
