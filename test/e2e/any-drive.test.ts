import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriveHandle } from '../../src/emulator/emulator.ts';
import { hrefsOf } from '../support/dav-client.ts';
import { type MountsServer, startMountsServer } from '../support/mounts-server.ts';

/** What each mount leads to, by the mount's name. */
type Drives = Record<string, DriveHandle>;

let server: MountsServer<Drives>;

beforeAll(async () => {
  server = await startMountsServer<Drives>({
    seed: emulator => {
      emulator.setApplication({ roles: ['Files.ReadWrite.All'] });
      const team = emulator.addSite({ path: '/sites/Team A', name: 'Team', libraries: ['Documents', 'Plans & Co'] });
      const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
      const root = emulator.addSite({ path: '/', name: 'Home' });
      return {
        ada,
        'Team A': team.library('Documents'),
        'Team A - Plans & Co': team.library('Plans & Co'),
        Home: root.library('Documents'),
        Archive: emulator.addMailbox({ upn: 'archive@contoso.com' }),
      };
    },
    mounts: ({ Archive }) => [
      { mailbox: 'ada@contoso.com' },
      { site: 'contoso.sharepoint.com/sites/Team A' },
      { site: 'contoso.sharepoint.com/sites/team a', library: 'plans & co', name: 'Team A - Plans & Co' },
      { site: 'contoso.sharepoint.com', name: 'Home' },
      { drive: Archive!.driveId, name: 'Archive' },
    ],
    looks: 0,
  });
});
afterAll(async () => {
  expect(server.emulator.violations).toEqual([]);
  await server.stop();
});

describe.each(['ada', 'Team A', 'Team A - Plans & Co', 'Home', 'Archive'])('the mount %s', name => {
  const at = (path: string) => `/${encodeURIComponent(name)}${path}`;

  it('is read and written as a mailbox is', async () => {
    const [dav, drive] = [server.dav(), server.seeded[name]!];
    expect((await dav('PUT', at('/one.txt'), {}, 'one')).status).toBe(201);
    expect((await dav('PUT', at('/one.txt'), {}, 'two')).status).toBe(204);
    expect((await dav('GET', at('/one.txt'))).text).toBe('two');
    expect((await dav('MKCOL', at('/folder'))).status).toBe(201);
    expect((await dav('MOVE', at('/one.txt'), { Destination: at('/folder/moved.txt') })).status).toBe(201);
    expect((await dav('COPY', at('/folder/moved.txt'), { Destination: at('/copy.txt') })).status).toBe(201);
    expect(hrefsOf((await dav('PROPFIND', at('/'), { Depth: '1' })).text)).toHaveLength(3);
    expect((await drive.read('/folder/moved.txt')).toString()).toBe('two');
    expect((await dav('DELETE', at('/folder'))).status).toBe(204);
    expect((await dav('GET', at('/folder/moved.txt'))).status).toBe(404);
    expect(Object.keys(drive.tree())).toEqual(['/copy.txt']);
  });
});

it('from one kind to another files are copied and moved, too', async () => {
  const dav = server.dav();
  await dav('PUT', '/ada/letter', {}, 'letter');
  expect((await dav('COPY', '/ada/letter', { Destination: '/Archive/letter' })).status).toBe(201);
  expect((await dav('MOVE', '/ada/letter', { Destination: '/Team%20A/letter' })).status).toBe(201);
  expect((await server.seeded.Archive!.read('/letter')).toString()).toBe('letter');
  expect((await server.seeded['Team A']!.read('/letter')).toString()).toBe('letter');
  expect(server.seeded.ada!.stat('/letter')).toBeUndefined();
});

it('a site that the application may not open is 503 for every method, and the log says what it lacks', async () => {
  const own = await startMountsServer({
    seed: async emulator => {
      emulator.setApplication({ roles: ['Sites.Selected'] });
      emulator.addSite({ path: '/sites/team', name: 'Team' });
      const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
      ada.grant('write');
      await ada.put('/letter', 'letter');
      return { ada };
    },
    mounts: ({ ada }) => [{ drive: ada.driveId, name: 'ada' }, { site: 'contoso.sharepoint.com/sites/team' }],
    looks: 0,
  });
  const dav = own.dav();
  expect((await dav('PUT', '/team/x', {}, 'x')).status).toBe(503);
  expect((await dav('MOVE', '/ada/letter', { Destination: '/team/letter' })).status).toBe(503);
  expect((await dav('GET', '/ada/letter')).text).toBe('letter');
  expect(own.logged.filter(({ level }) => level === 50).map(({ msg }) => msg)).toEqual([
    expect.stringContaining('a site needs the application permission Files.ReadWrite.All'),
  ]);
  await own.stop();
});
