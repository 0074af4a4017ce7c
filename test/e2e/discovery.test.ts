import { afterEach, describe, expect, it } from 'vitest';
import type { Emulator, MailboxHandle } from '../../src/emulator/emulator.ts';
import {
  INTERVAL_MS,
  type MountsServer,
  type MountsServerOptions,
  startMountsServer,
} from '../support/mounts-server.ts';

const LOCK_BODY = '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
const PATCH_BODY = '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x"/></prop></set></propertyupdate>';
const GROUP_ROLES = ['Files.ReadWrite.All', 'User.Read.All', 'GroupMember.Read.All'];
const EVERYBODY = { mailboxes: { match: '*' } };
const running: MountsServer<unknown>[] = [];

async function serve<T>(options: MountsServerOptions<T>): Promise<MountsServer<T>> {
  const server = await startMountsServer(options);
  running.push(server);
  return server;
}

/** Two people, Ada and Grace, each with a file. */
async function adaAndGrace(emulator: Emulator) {
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const grace = emulator.addMailbox({ upn: 'grace@contoso.com' });
  await ada.put('/a.txt', 'of Ada');
  await grace.put('/g.txt', 'of Grace');
  return { ada, grace };
}

const served = (...mounts: object[]) => serve({ seed: adaAndGrace, mounts: () => mounts });
const listing = (emulator: Emulator) => emulator.calls.filter(({ operation }) => operation === 'user-list').length;

afterEach(async () => {
  for (const server of running.splice(0)) {
    expect(server.emulator.violations).toEqual([]);
    await server.stop();
  }
});

describe('a rule', () => {
  it('mounts whom it finds: they are listed, read, written, locked and moved as any mount', async () => {
    const server = await served(EVERYBODY);
    const dav = server.dav();
    expect(await server.names()).toEqual(['ada', 'grace']);
    expect((await dav('GET', '/', { Accept: 'text/html' })).text).toContain('href="/grace/"');
    expect((await dav('OPTIONS', '/ada/')).headers.get('allow')).toContain('PROPFIND');
    expect((await dav('GET', '/ada/a.txt')).text).toBe('of Ada');
    expect((await dav('PUT', '/grace/new.txt', {}, 'new')).status).toBe(201);
    expect((await dav('MOVE', '/grace/new.txt', { Destination: '/ada/moved.txt' })).status).toBe(201);
    expect((await server.seeded.ada.read('/moved.txt')).toString()).toBe('new');
    const { status, headers } = await dav('LOCK', '/ada/a.txt', {}, LOCK_BODY);
    expect(status).toBe(200);
    expect((await dav('PUT', '/ada/a.txt', {}, 'x')).status).toBe(423);
    expect((await dav('UNLOCK', '/ada/a.txt', { 'Lock-Token': headers.get('lock-token')! })).status).toBe(204);
    expect((await dav('GET', '/nobody/')).status).toBe(404);
  });

  it('leaves out what it excludes, guests, accounts without a licence, and mailboxes with a mount of their own', async () => {
    const server = await serve({
      seed: async emulator => {
        const people = await adaAndGrace(emulator);
        emulator.addMailbox({ upn: 'svc-print@contoso.com' });
        emulator.addMailbox({ upn: 'x_y.org#EXT#@contoso.com' });
        emulator.addMailbox({ upn: 'free@contoso.com', licensed: false });
        emulator.addMailbox({ upn: 'left@contoso.com', accountEnabled: false });
        return people;
      },
      mounts: ({ grace }) => [
        { mailbox: grace.userId, name: 'Boss', root: '/' },
        { mailboxes: { match: ['*@contoso.com'], exclude: 'svc-*' } },
      ],
    });
    expect(await server.names()).toEqual(['Boss', 'ada', 'left']);
  });

  it('finds the members of a group and of those in it; the first that fits sets how a mailbox is mounted', async () => {
    const server = await serve({
      seed: async emulator => {
        const people = await adaAndGrace(emulator);
        emulator.setApplication({ roles: GROUP_ROLES });
        const inner = emulator.addGroup({ displayName: 'inner', members: [people.ada] });
        return { ...people, group: emulator.addGroup({ displayName: 'outer', members: [inner] }) };
      },
      mounts: ({ group }) => [{ mailboxes: { group: group.groupId }, readOnly: true }, EVERYBODY],
    });
    const put = async (mount: string) => (await server.dav()('PUT', `/${mount}/new`, {}, 'x')).status;
    expect([await server.names(), await put('ada'), await put('grace')]).toEqual([['ada', 'grace'], 403, 201]);
    server.seeded.group.add(server.seeded.grace);
    // Which rule it is may change what is shown; the directory has to say so twice.
    await server.nextLook();
    expect(await put('grace')).toBe(204);
    await server.nextLook();
    expect([await put('grace'), (await server.dav()('GET', '/grace/new')).text]).toEqual([403, 'x']);
  });

  it('keeps the drive of a mailbox to which another rule applies, and what it knows', async () => {
    const server = await serve({
      seed: async emulator => {
        const people = await adaAndGrace(emulator);
        emulator.setApplication({ roles: GROUP_ROLES });
        return { ...people, group: emulator.addGroup({ displayName: 'readers', members: [people.ada] }) };
      },
      mounts: ({ group }) => [{ mailboxes: { group: group.groupId }, readOnly: true }, EVERYBODY],
      config: { cache: { pollSeconds: 0, ttlSeconds: 3_600 } },
    });
    const list = async () => (await server.dav()('PROPFIND', '/grace/', { Depth: '1' })).status;
    expect(await list()).toBe(207);
    server.seeded.group.add(server.seeded.grace);
    await server.nextLook();
    await server.nextLook();
    expect((await server.dav()('PUT', '/grace/new', {}, 'x')).status).toBe(403);
    expect(await list()).toBe(207);
    server.emulator.resetCalls();
    expect(await list()).toBe(207);
    expect(server.emulator.calls).toEqual([]);
  });

  it('without the permission for groups changes nothing, says so once, and is answered when it has it', async () => {
    const server = await serve({
      seed: async emulator => {
        const { ada } = await adaAndGrace(emulator);
        return emulator.addGroup({ displayName: 'g', members: [ada] });
      },
      mounts: group => [{ mailboxes: { group: group.groupId } }],
    });
    expect(await server.names()).toBe(503);
    await server.nextLook();
    const errors = server.logged.filter(({ level }) => level >= 50);
    expect(errors.map(({ msg }) => msg)).toEqual([expect.stringContaining('GroupMember.Read.All')]);
    server.emulator.setApplication({ roles: GROUP_ROLES });
    await server.nextLook();
    expect(await server.names()).toEqual(['ada']);
    expect(server.logged.map(({ msg }) => msg)).toContain('mailboxes can be discovered again');
    server.emulator.setApplication({ roles: ['Files.ReadWrite.All'] });
    await server.clock.pass(2 * 60 * 60_000);
    expect(server.logged.filter(({ msg }) => msg.startsWith('mailboxes could not be discovered'))).toHaveLength(2);
    expect(await server.names()).toEqual(['ada']);
  });
});

it('a rule says how the mounts that it finds are served: from which folder, and how downloads travel', async () => {
  const server = await serve({
    seed: async emulator => {
      const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
      await ada.put('/Public/x', 'public');
      await ada.put('/secret', 'secret');
    },
    mounts: () => [{ ...EVERYBODY, root: '/Public', download: 'redirect' }],
    config: { downloads: { policy: 'proxy', minRedirectBytes: 0 } },
  });
  const { status, headers } = await server.dav()('GET', '/ada/x');
  expect([status, headers.get('location')]).toEqual([302, expect.stringMatching(/^https:.*contoso-my/)]);
  expect((await server.dav()('GET', '/ada/secret')).status).toBe(404);
});

describe('mailboxes that come', () => {
  it('is mounted after the next look; the other mounts stay the same, with their caches and locks', async () => {
    const server = await serve({
      seed: adaAndGrace,
      mounts: () => [EVERYBODY],
      config: { cache: { ttlSeconds: 3_600, pollSeconds: 0 }, locks: { defaultTimeoutSeconds: 3_600 } },
    });
    const [dav, { emulator }] = [server.dav(), server];
    await dav('PROPFIND', '/ada/', { Depth: '1' });
    expect((await dav('LOCK', '/ada/a.txt', {}, LOCK_BODY)).status).toBe(200);
    const before = (await dav('PROPFIND', '/', { Depth: '0' })).text;
    emulator.addMailbox({ upn: 'alan@contoso.com' });
    expect(await server.names()).toEqual(['ada', 'grace']);
    emulator.resetCalls();
    await server.nextLook();
    expect(await server.names()).toEqual(['ada', 'grace', 'alan']);
    expect(listing(emulator)).toBe(1);
    emulator.resetCalls();
    expect((await dav('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    expect((await dav('PUT', '/ada/a.txt', {}, 'x')).status).toBe(423);
    expect(emulator.calls).toEqual([]);
    expect(server.logged).toContainEqual(
      expect.objectContaining({ msg: 'new mounts of discovered mailboxes', count: 1, names: ['alan'] }),
    );
    // Finder looks for new names only where the date has moved.
    expect((await dav('PROPFIND', '/', { Depth: '0' })).text).not.toBe(before);
  });

  it('shows to those users only who may see the mount', async () => {
    const server = await serve({
      seed: adaAndGrace,
      mounts: () => [EVERYBODY],
      users: { named: ['grace'], glob: ['a*'], nobody: ['zoe'] },
    });
    server.emulator.addMailbox({ upn: 'alan@contoso.com' });
    await server.nextLook();
    expect([await server.names('named'), await server.names('glob')]).toEqual([['grace'], ['ada', 'alan']]);
    expect((await server.dav('named')('GET', '/ada/a.txt')).status).toBe(404);
    expect((await server.dav('glob')('GET', '/ADA/a.txt')).text).toBe('of Ada');
    expect(server.logged.filter(({ level }) => level === 40).map(({ msg }) => msg)).toEqual([
      'there is no mount "zoe" of the user "nobody", and no rule has found one',
    ]);
  });
});

describe('mailboxes that leave', () => {
  it('is gone when two looks in a row have proven it, and not before', async () => {
    const server = await served(EVERYBODY);
    server.seeded.grace.deleteUser();
    await server.nextLook();
    expect(await server.names()).toEqual(['ada', 'grace']);
    await server.nextLook();
    expect(await server.names()).toEqual(['ada']);
    expect((await server.dav()('GET', '/grace/g.txt')).status).toBe(404);
    expect(server.logged).toContainEqual(
      expect.objectContaining({ msg: 'mounts of mailboxes that have left', count: 1, names: ['grace'] }),
    );
    await server.restart();
    expect(await server.names()).toEqual(['ada']);
  });

  it('takes its feed of changes along: nobody asks for the changes of its drive any more', async () => {
    const server = await serve({
      seed: async emulator => {
        const { ada, grace } = await adaAndGrace(emulator);
        emulator.setApplication({ roles: GROUP_ROLES });
        return { grace, group: emulator.addGroup({ displayName: 'g', members: [ada, grace] }) };
      },
      mounts: ({ group }) => [{ mailboxes: { group: group.groupId } }],
      config: { cache: { pollSeconds: 30 } },
    });
    const polls = () => server.emulator.calls.filter(({ operation }) => operation === 'driveItem-delta').length;
    expect((await server.dav()('PROPFIND', '/grace/', { Depth: '1' })).status).toBe(207);
    // The look, and the feed.
    await server.idle(2);
    server.seeded.group.remove(server.seeded.grace);
    await server.nextLook();
    const followed = polls();
    expect(followed).toBeGreaterThan(1);
    // Not awaited: one fewer waits afterwards.
    void server.nextLook();
    await expect.poll(() => server.names()).toEqual(['ada']);
    await server.idle(1);
    const last = polls();
    await server.clock.pass(INTERVAL_MS);
    expect(polls()).toBe(last);
  });

  it.each([
    ['throttled', { status: 429, retryAfter: '1200' }],
    ['refused', { status: 403, code: 'Authorization_RequestDenied' }],
    ['broken', { status: 500 }],
    ['cut off', { cut: true as const }],
  ])('stays when the look is %s, whatever it would have shown', async (_, fault) => {
    const server = await served(EVERYBODY);
    server.seeded.grace.deleteUser();
    server.emulator.addMailbox({ upn: 'alan@contoso.com' });
    server.emulator.setFault(operation => (operation === 'user-list' ? fault : undefined));
    await server.nextLook();
    await server.nextLook();
    expect(await server.names()).toEqual(['ada', 'grace']);
    const told = server.logged.filter(({ msg }) => msg.startsWith('mailboxes could not be discovered'));
    expect(told).toHaveLength(1);
    server.emulator.setFault(undefined);
    await server.clock.pass(20 * 60_000);
    await server.nextLook();
    expect(await server.names()).toEqual(['ada', 'alan']);
  });

  it('stays when the list breaks off after its first page', async () => {
    const server = await serve({
      seed: emulator => {
        for (let count = 0; count < 1_000; count += 1) {
          emulator.addMailbox({ upn: `u${count}@contoso.com` });
        }
        return emulator.addMailbox({ upn: 'zoe@contoso.com' });
      },
      mounts: () => [EVERYBODY],
    });
    expect(((await server.names()) as string[]).length).toBe(1_001);
    server.emulator.setFault((operation, { path }) =>
      operation === 'user-list' && path.includes('skiptoken') ? { status: 503 } : undefined,
    );
    await server.nextLook();
    await server.nextLook();
    expect(((await server.names()) as string[]).length).toBe(1_001);
  });

  it('keeps Retry-After: nobody is asked before it has passed', async () => {
    const server = await served(EVERYBODY);
    const { emulator, clock } = server;
    emulator.setFault(operation => (operation === 'user-list' ? { status: 429, retryAfter: '2400' } : undefined));
    await server.nextLook();
    emulator.setFault(undefined);
    emulator.resetCalls();
    await clock.pass(2_399_000);
    expect(listing(emulator)).toBe(0);
    await clock.pass(1_000);
    expect(listing(emulator)).toBe(1);
  });
});

describe('before anything is known', () => {
  const down = (emulator: Emulator) =>
    emulator.setFault(operation => (operation === 'user-list' ? { status: 503 } : undefined));

  async function unanswered() {
    return serve({
      seed: async emulator => {
        down(emulator);
        return adaAndGrace(emulator);
      },
      mounts: () => [{ mailbox: 'ada@contoso.com' }, EVERYBODY],
      users: { ada: ['ada'], grace: ['ada', 'grace'], zs: ['z*'] },
    });
  }

  it('a possible mount is 503 with Retry-After; single mounts are served', async () => {
    const server = await unanswered();
    const dav = server.dav();
    for (const [method, path, headers, body] of [
      ['PROPFIND', '/', { Depth: '1' }],
      ['GET', '/', { Accept: 'text/html' }],
      ['GET', '/grace/g.txt', {}],
      ['PROPFIND', '/grace/', { Depth: '0' }],
      ['PUT', '/grace/new', {}],
      ['DELETE', '/grace/g.txt', {}],
      ['MKCOL', '/grace/new', {}],
      ['OPTIONS', '/grace/', {}],
      ['LOCK', '/grace/new', {}, LOCK_BODY],
      ['PROPPATCH', '/grace/g.txt', {}, PATCH_BODY],
      ['MOVE', '/ada/a.txt', { Destination: '/grace/a.txt' }],
      ['COPY', '/grace/g.txt', { Destination: '/ada/g.txt' }],
    ] as const) {
      const { status, headers: answered } = await dav(method, path, headers as Record<string, string>, body);
      expect([method, path, status, Number(answered.get('retry-after')) > 0]).toEqual([method, path, 503, true]);
    }
    expect((await dav('GET', '/ada/a.txt')).text).toBe('of Ada');
    expect((await dav('PROPFIND', '/', { Depth: '0' })).status).toBe(207);
    expect((await dav('GET', '/-/readyz')).text).toBe('discovering mailboxes\n');
    expect((await dav('GET', '/-/readyz')).status).toBe(503);
  });

  it('a forbidden mount is 404 all the same, and a list of known names is whole', async () => {
    const server = await unanswered();
    const status = async (user: string, path: string) =>
      (await server.dav(user)('PROPFIND', path, { Depth: '0' })).status;
    expect(await server.names('ada')).toEqual(['ada']);
    expect([await server.names('grace'), await server.names('zs')]).toEqual([503, 503]);
    expect([await status('ada', '/grace/'), await status('zs', '/grace/'), await status('zs', '/zoe/')]).toEqual([
      404, 404, 503,
    ]);
  });

  it('ends with the first look that succeeds', async () => {
    const server = await unanswered();
    server.emulator.setFault(undefined);
    await server.clock.pass(60_000);
    expect(await server.names()).toEqual(['ada', 'grace']);
    expect((await server.dav()('GET', '/-/readyz')).text).toBe('ready\n');
    expect((await server.dav()('GET', '/zoe/')).status).toBe(404);
  });

  it('does not come again: a restart while Microsoft is down serves what was known', async () => {
    const server = await served(EVERYBODY);
    await server.dav()('PROPFIND', '/grace/', { Depth: '0' });
    await server.restart({
      while: () => server.emulator.setFault(operation => (operation === 'user-list' ? { status: 503 } : undefined)),
    });
    expect(await server.names()).toEqual(['ada', 'grace']);
    expect((await server.dav()('GET', '/grace/g.txt')).text).toBe('of Grace');
    expect((await server.dav()('GET', '/zoe/')).status).toBe(404);
    expect((await server.dav()('GET', '/-/readyz')).status).toBe(200);
  });
});

describe('names', () => {
  it('of two Adas in two domains are unique, and stay after renames and restarts', async () => {
    const server = await serve({
      seed: emulator => {
        const [fabrikam, contoso] = ['ada@fabrikam.com', 'ada@contoso.com'].map(upn => emulator.addMailbox({ upn }));
        return { fabrikam: fabrikam!, contoso: contoso! };
      },
      mounts: () => [EVERYBODY],
    });
    const both = ['ada', 'ada@fabrikam.com'];
    expect(await server.names()).toEqual(both);
    await server.seeded.contoso.put('/of', 'contoso');
    server.seeded.contoso.rename('lovelace@contoso.com');
    await server.nextLook();
    expect(await server.names()).toEqual(both);
    await server.restart();
    expect(await server.names()).toEqual(both);
    expect((await server.dav()('GET', '/ada/of')).text).toBe('contoso');
  });

  it('go to a single mount that is written later', async () => {
    const server = await served(EVERYBODY);
    await server.restart({ mounts: [{ mailbox: 'grace@contoso.com', name: 'ada' }, EVERYBODY] });
    expect(await server.names()).toEqual(['ada', 'ada@contoso.com']);
    expect((await server.dav()('GET', '/ada/g.txt')).text).toBe('of Grace');
    expect((await server.dav()('GET', '/ada@contoso.com/a.txt')).text).toBe('of Ada');
  });
});

describe('many mailboxes', () => {
  it('of which 500 cost one page at the start and none in a listing; drives are opened when first touched', async () => {
    const server = await serve({
      seed: emulator =>
        Array.from({ length: 500 }, (_, index): MailboxHandle => emulator.addMailbox({ upn: `u${index}@contoso.com` })),
      mounts: () => [EVERYBODY],
    });
    const graphCalls = () =>
      server.emulator.calls.filter(({ operation }) => operation !== 'token').map(({ operation }) => operation);
    expect(graphCalls()).toEqual(['user-list']);
    server.emulator.resetCalls();
    expect(await server.names()).toHaveLength(500);
    expect(server.emulator.calls).toEqual([]);
    expect((await server.dav()('PROPFIND', '/u499/', { Depth: '0' })).status).toBe(207);
    expect(graphCalls()).toEqual(['drive-get', 'driveItem-get']);
  });
});

it('metrics count mounts, discovered mailboxes and failed looks', async () => {
  const server = await serve({
    seed: adaAndGrace,
    mounts: () => [{ mailbox: 'ada@contoso.com' }, EVERYBODY],
    config: { metrics: true },
  });
  server.emulator.setFault(operation => (operation === 'user-list' ? { status: 500 } : undefined));
  await server.nextLook();
  const { text } = await server.dav()('GET', '/-/metrics');
  expect(text).toMatch(/^onedrive_webdav_mounts 2$/m);
  expect(text).toMatch(/^onedrive_webdav_discovered_mailboxes 1$/m);
  expect(text).toMatch(/^onedrive_webdav_discovery_failures_total\{tenant="default"\} 1$/m);
});

it('a client that walks through people without a OneDrive gets Microsoft asked for thirty of them a minute, and the others 503', async () => {
  const server = await serve({
    seed: async emulator => {
      for (let number = 10; number < 60; number += 1) {
        emulator.addMailbox({ upn: `new${number}@contoso.com`, drive: 'no-mysite' });
      }
      return adaAndGrace(emulator);
    },
    mounts: () => [EVERYBODY],
  });
  const dav = server.dav();
  await dav('GET', '/ada/a.txt');
  server.emulator.resetCalls();
  const walk = async () => {
    const answers = [];
    for (let number = 10; number < 60; number += 1) {
      answers.push(await dav('PROPFIND', `/new${number}/`, { Depth: '1' }));
    }
    return answers;
  };
  const first = await walk();
  expect(first.map(({ status }) => status)).toEqual([...Array(30).fill(404), ...Array(20).fill(503)]);
  expect(Number(first.at(-1)!.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(server.emulator.calls.filter(({ status }) => status === 404)).toHaveLength(30);
  expect((await dav('GET', '/ada/a.txt')).status).toBe(200);
  await server.clock.pass(60_000);
  expect((await walk()).map(({ status }) => status)).toEqual(Array(50).fill(404));
  expect(server.emulator.calls.filter(({ status }) => status === 404)).toHaveLength(50);
});
