import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevicePassword } from '../../src/state/device-password-store.ts';
import { createSqliteStores, stateFile } from '../../src/state/sqlite/state.ts';
import { runCommand } from '../support/command.ts';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { newDevicePassword } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
let ids: { ada: string; grace: string };

beforeAll(async () => {
  server = await startTestServer({ yaml: ['people:', '  - {match: "*", exclude: "grace@*", mounts: own}'] });
  ids = { ada: server.mailboxes.ada.userId.toLowerCase(), grace: server.mailboxes.grace.userId.toLowerCase() };
});
afterAll(async () => {
  await server?.stop();
});

const cli = (...args: string[]) => runCommand(['people', ...args, '--config', join(server.folder, 'config.yaml')]);
const asPerson = (text: string) => davClient({ url: server.url, user: 'ada', password: text });
const statusOf = async (text: string) => (await asPerson(text)('PROPFIND', '/ada/', { Depth: '0' })).status;

/** Uses the stores beside the running server, as another process would. */
async function beside(use: (stores: ReturnType<typeof createSqliteStores>) => Promise<unknown>): Promise<void> {
  using database = new DatabaseSync(stateFile(join(server.folder, 'data')), { timeout: 5_000 });
  await use(createSqliteStores({ database, leases: database }, { maxSideBytes: 1 }));
}

async function make(userId: string, change: Partial<DevicePassword> = {}) {
  const { text, stored } = newDevicePassword(userId, change);
  await beside(({ devicePasswords }) => devicePasswords.add(stored, { max: 100, now: Date.now() }));
  return { text, ...stored };
}

async function signIn(userId: string, digest: string): Promise<void> {
  const times = { created: Date.now(), expires: Date.now() + 3_600_000 };
  await beside(({ sessions }) => sessions.add({ digest, tenantId: 't', userId, ...times, formSecret: 's' }));
}

describe('the command people', () => {
  it('revokes a password beside the running server, which refuses the next request with it', async () => {
    const [kept, other, third] = [
      await make(ids.ada, { name: 'laptop' }),
      await make(ids.ada, { name: 'phone', readOnly: true, below: ['ada', 'Pictures'] }),
      await make(ids.ada, { name: 'television' }),
    ];
    await eventually(async () => expect(await statusOf(kept.text)).toBe(207));
    expect(await statusOf(third.text)).toBe(207);
    const revoked = await cli('revoke', third.id);
    expect([revoked.code, revoked.stdout]).toEqual([
      0,
      expect.stringMatching(/^revoked: ada@contoso\.com {2}"television" .*last used .* from 127\.0\.0\.1 by /),
    ]);
    expect([await statusOf(third.text), await statusOf(kept.text)]).toEqual([401, 207]);

    const listed = await cli('passwords', 'ADA');
    expect(listed.stdout).toContain('"laptop"');
    expect(listed.stdout).toContain('only reads, only /ada/Pictures, never used');
    const json = JSON.parse((await cli('passwords', 'ada@contoso.com', '--json')).stdout);
    expect(json.map(({ name }: { name: string }) => name).sort()).toEqual(['laptop', 'phone']);
    expect(listed.stdout + JSON.stringify(json)).not.toContain(kept.digest);

    const all = await cli('revoke', 'Ada@Contoso.com', '--json');
    expect(
      JSON.parse(all.stdout)
        .map(({ id }: { id: string }) => id)
        .sort(),
    ).toEqual([kept.id, other.id].sort());
    expect(await statusOf(kept.text)).toBe(401);
    expect((await cli('passwords')).stdout.trim()).toBe('there are no device passwords');
    expect((await cli('revoke', 'ada')).stdout.trim()).toBe('there was no device password to revoke');
  });

  it('lists who may sign in, and who may not but has passwords', async () => {
    await make(ids.ada);
    await make(ids.grace);
    await make('0000-left', { principal: 'left@contoso.com', expires: 1 });
    await signIn(ids.ada, 'one');
    const { stdout } = await cli('list');
    const lineOf = (name: string) => stdout.split('\n').find(line => line.startsWith(`${name}@contoso.com`));
    expect(lineOf('ada')).toMatch(new RegExp(`  ${ids.ada}  1 device passwords, 1 sessions$`));
    expect(lineOf('grace')).toMatch(/MAY NOT SIGN IN {2}1 device passwords/);
    const people = JSON.parse((await cli('list', '--json')).stdout);
    expect(people).toContainEqual(
      expect.objectContaining({ principal: 'ada@contoso.com', admitted: true, devicePasswords: 1, sessions: 1 }),
    );
    expect(people).toContainEqual(expect.objectContaining({ principal: 'grace@contoso.com', admitted: false }));
    expect((await cli('revoke', ids.ada)).stdout).toMatch(/^revoked: .*\nended sessions: 1\n$/);
    await cli('revoke', ids.grace);
  });

  it('signs a person out, and leaves the device passwords', async () => {
    await make(ids.ada);
    await signIn(ids.ada, 'two');
    await signIn(ids.grace, 'three');
    const { stdout } = await cli('sign-out', 'ada@contoso.com');
    expect(stdout).toMatch(/^ended sessions: 1; 1 device passwords stay/);
    await beside(async ({ sessions }) => {
      expect(await sessions.find('two', Date.now())).toBeUndefined();
      expect(await sessions.find('three', Date.now())).toBeDefined();
    });
    expect(JSON.parse((await cli('sign-out', 'ada', '--json')).stdout)).toEqual({
      ...{ userId: ids.ada, ended: 0, devicePasswords: 1 },
    });
    await cli('revoke', 'ada');
  });

  it('says whom it does not know, and of whom there are several', async () => {
    await make('0000-one', { principal: 'eve@one.com' });
    await make('0000-two', { principal: 'eve@two.com' });
    const [unknown, several] = [await cli('revoke', 'mallory'), await cli('sign-out', 'eve')];
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('there is no person "mallory"')]);
    expect([several.code, several.stderr]).toEqual([1, expect.stringMatching(/several people.*0000-one, 0000-two/)]);
    expect((await cli('revoke', 'eve@one.com')).stdout).toMatch(/^revoked: eve@one\.com/);
    expect((await cli('passwords', 'eve')).stdout).toMatch(/^eve@two\.com/);
  });
});
