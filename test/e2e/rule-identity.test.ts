import { afterEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { type MountsServer, startMountsServer } from '../support/mounts-server.ts';

const EVERYBODY = { mailboxes: { match: '*' } };
const PUBLIC = { root: '/Public', readOnly: true };
let server: MountsServer<{ ada: ReturnType<Emulator['addMailbox']>; groupId: string }>;

/** Ada has a folder that all may read, and a secret; Bob has nothing. */
async function serve(...mounts: object[]) {
  server = await startMountsServer({
    seed: async emulator => {
      emulator.setApplication({ roles: ['Files.ReadWrite.All', 'User.Read.All', 'GroupMember.Read.All'] });
      const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
      emulator.addMailbox({ upn: 'bob@contoso.com' });
      await ada.put('/Public/x', 'public');
      await ada.put('/secret', 'secret');
      return { ada, groupId: emulator.addGroup({ displayName: 'g', members: [ada] }).groupId };
    },
    mounts: () => mounts,
  });
}

afterEach(async () => {
  expect(server.emulator.violations).toEqual([]);
  await server.stop();
});

describe('a single mount keeps rules away from its mailbox', () => {
  it('even when its address changes later, also after a restart', async () => {
    await serve({ mailbox: 'ada@contoso.com', ...PUBLIC }, EVERYBODY);
    server.seeded.ada.rename('lovelace@contoso.com');
    await server.nextLook();
    expect(await server.names()).toEqual(['ada', 'bob']);
    await server.restart();
    expect(await server.names()).toEqual(['ada', 'bob']);
    expect((await server.dav()('GET', '/lovelace/secret')).status).toBe(404);
  });

  it('and from whoever has the address now, which the log warns of once', async () => {
    await serve({ mailbox: 'ada@contoso.com', ...PUBLIC }, EVERYBODY);
    server.seeded.ada.rename('lovelace@contoso.com');
    server.emulator.addMailbox({ upn: 'ada@contoso.com' });
    await server.nextLook();
    await server.nextLook();
    expect(await server.names()).toEqual(['ada', 'bob']);
    expect(server.logged.filter(({ msg }) => msg.includes('the mailbox "ada@contoso.com" of a mount'))).toHaveLength(1);
  });

  it('when it names their drive, once that is known', async () => {
    await serve(EVERYBODY);
    expect((await server.dav()('GET', '/ada/secret')).text).toBe('secret');
    await server.restart({ mounts: [{ drive: server.seeded.ada.driveId, name: 'one', ...PUBLIC }, EVERYBODY] });
    expect(await server.names()).toEqual(['one', 'bob']);
  });
});

describe('a new rule in front', () => {
  it('holds from its first answer; until then whom it might find is not served', async () => {
    await serve(EVERYBODY);
    const inFront = { mailboxes: { group: server.seeded.groupId, match: 'ada@*' }, ...PUBLIC };
    const refuse = () => server.emulator.setApplication({ roles: ['Files.ReadWrite.All'] });
    await server.restart({ mounts: [inFront, EVERYBODY], while: refuse });
    expect((await server.dav()('GET', '/ada/secret')).status).toBe(503);
    server.emulator.setApplication({ roles: ['Files.ReadWrite.All', 'User.Read.All', 'GroupMember.Read.All'] });
    expect((await server.dav()('PROPFIND', '/bob/', { Depth: '0' })).status).toBe(207);
    await server.nextLook();
    expect((await server.dav()('GET', '/ada/secret')).status).toBe(404);
    expect((await server.dav()('GET', '/ada/x')).text).toBe('public');
    expect((await server.dav()('PUT', '/ada/new', {}, 'x')).status).toBe(403);
  });
});
