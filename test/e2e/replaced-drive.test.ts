import { afterEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { type MountsServer, startMountsServer } from '../support/mounts-server.ts';

const MINUTE_MS = 60_000;
const ROLES = ['Files.ReadWrite.All', 'Sites.Read.All', 'User.Read.All'];

let server: MountsServer<{ delete(): void; userId?: string; driveId?: string }>;
afterEach(async () => {
  await server?.stop();
  expect(server?.emulator.violations).toEqual([]);
});

async function addTeam(emulator: Emulator, text: string) {
  const site = emulator.addSite({ path: '/sites/team', name: 'Team', libraries: ['Documents'] });
  await Promise.all(['/a', '/inner/a'].map(path => site.library('Documents').put(path, text)));
  return site;
}

async function startWithSite(root = '/'): Promise<void> {
  server = await startMountsServer({
    seed: async emulator => {
      emulator.setApplication({ roles: ROLES });
      return addTeam(emulator, 'old');
    },
    mounts: () => [{ site: 'contoso.sharepoint.com/sites/team', root }],
    looks: 0,
  });
  expect((await server.dav()('GET', '/team/a')).text).toBe('old');
}

const list = async (path: string) => {
  const { status, headers } = await server.dav()('PROPFIND', path, { Depth: '1' });
  return [status, headers.get('retry-after')];
};
/** Each 503 has a line of its own besides. */
const warnings = () =>
  server.logged.filter(({ level, msg }) => level >= 40 && msg !== 'could not serve a request').map(({ msg }) => msg);
const drivesAsked = () => server.emulator.calls.filter(({ operation }) => /^(drive|item|site)/.test(operation)).length;

describe('a site', () => {
  it.each(['/', '/inner'])(
    'that was made again under its address is used after one 503, and says so: root %s',
    async root => {
      await startWithSite(root);
      server.seeded.delete();
      await addTeam(server.emulator, 'new');
      await server.clock.pass(MINUTE_MS);
      expect(await list('/team/')).toEqual([503, '5']);
      expect(await list('/team/')).toEqual([207, null]);
      expect((await server.dav()('GET', '/team/a')).text).toBe('new');
      expect(warnings()).toEqual([expect.stringContaining('was created anew')]);
      await server.restart();
      expect((await server.dav()('GET', '/team/a')).text).toBe('new');
      expect(warnings()).toEqual([]);
    },
  );

  it('that is gone is 404, and asked for as seldom as one that never was, until it is there', async () => {
    await startWithSite();
    server.seeded.delete();
    await server.clock.pass(MINUTE_MS);
    expect(await list('/team/')).toEqual([404, null]);
    server.emulator.resetCalls();
    await server.clock.pass(9 * MINUTE_MS);
    expect(await list('/team/')).toEqual([404, null]);
    expect(drivesAsked()).toBe(0);
    expect(warnings()).toEqual([expect.stringContaining('there is no such site')]);
    await addTeam(server.emulator, 'new');
    await server.clock.pass(2 * MINUTE_MS);
    expect([await list('/team/'), await list('/team/')]).toEqual([
      [503, '5'],
      [207, null],
    ]);
  });
});

it('looks up a drive again soon if it was there a moment ago: one 404 can be an accident', async () => {
  server = await startMountsServer({
    seed: emulator => ({ ...emulator.addMailbox({ upn: 'ada@contoso.com' }), delete: () => {} }),
    mounts: ({ driveId }) => [{ drive: driveId, name: 'ada' }],
    looks: 0,
  });
  expect(await list('/ada/')).toEqual([207, null]);
  server.emulator.setFault(operation => (operation === 'token' ? undefined : { status: 404, code: 'itemNotFound' }));
  await server.clock.pass(MINUTE_MS);
  expect(await list('/ada/')).toEqual([404, null]);
  server.emulator.setFault(undefined);
  await server.clock.pass(MINUTE_MS / 2);
  expect(await list('/ada/')).toEqual([207, null]);
});

it('looks up a missing drive by its id once in ten minutes, and logs it once', async () => {
  server = await startMountsServer({
    seed: emulator => {
      const { driveId, deleteUser } = emulator.addMailbox({ upn: 'ada@contoso.com' });
      deleteUser({ drive: 'gone' });
      return { driveId, delete: () => {} };
    },
    mounts: ({ driveId }) => [{ drive: driveId, name: 'Gone' }],
    looks: 0,
  });
  for (let times = 0; times < 10; times += 1) {
    expect(await list('/Gone/')).toEqual([404, null]);
    await server.clock.pass(MINUTE_MS / 2);
  }
  expect(drivesAsked()).toBe(1);
  expect(warnings()).toEqual([expect.stringContaining('ids are case-sensitive')]);
});

describe('a mailbox whose OneDrive is gone and whose address has a new one', () => {
  async function startWithMailbox(by: 'address' | 'id'): Promise<void> {
    server = await startMountsServer({
      seed: async emulator => {
        emulator.setApplication({ roles: ROLES });
        const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
        await ada.put('/a', 'old');
        return { ...ada, delete: () => ada.deleteUser({ drive: 'gone' }) };
      },
      mounts: ({ userId }) => [{ mailbox: by === 'id' ? userId : 'ada@contoso.com', name: 'ada' }],
      looks: 0,
    });
    expect((await server.dav()('GET', '/ada/a')).text).toBe('old');
    server.seeded.delete();
    await server.emulator.addMailbox({ upn: 'ada@contoso.com' }).put('/a', 'of somebody else');
    await server.clock.pass(MINUTE_MS);
  }

  it.each(['address', 'id'] as const)('mounted by %s, is never another person’s', async by => {
    await startWithMailbox(by);
    for (let times = 0; times < 3; times += 1) {
      expect(await list('/ada/')).toEqual([404, null]);
      expect((await server.dav()('GET', '/ada/a')).status).toBe(404);
      await server.restart();
    }
  });

  it('mounted by address, says what to do', async () => {
    await startWithMailbox('address');
    await list('/ada/');
    expect(warnings()).toEqual([expect.stringContaining('set mailbox in mounts to the object id of its user')]);
  });
});
