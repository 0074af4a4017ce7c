import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Emulator, TenantHandle } from '../../src/emulator/emulator.ts';
import { type MountsServer, startMountsServer } from '../support/mounts-server.ts';

const tenantOf = ({ tenantId, clientId, clientSecret }: TenantHandle) => ({ tenantId, clientId, clientSecret });

async function twoTenants(emulator: Emulator) {
  const fabrikam = emulator.addTenant({ name: 'fabrikam', cloud: 'usgov' });
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const eve = fabrikam.addMailbox({ upn: 'eve@fabrikam.us' });
  fabrikam.addMailbox({ upn: 'ada@fabrikam.us' });
  // Who has a mount of their own in one tenant may be somebody else in another.
  fabrikam.addMailbox({ upn: 'ada@contoso.com' });
  await ada.put('/of', 'contoso');
  await eve.put('/of', 'fabrikam');
  await eve.put('/folder/deep', 'from far away');
  return { fabrikam, ada, eve };
}

describe('two tenants, in two clouds', () => {
  let server: MountsServer<Awaited<ReturnType<typeof twoTenants>>>;

  beforeEach(async () => {
    server = await startMountsServer({
      seed: twoTenants,
      tenants: ({ fabrikam }, emulator) => ({
        contoso: tenantOf(emulator),
        fabrikam: { ...tenantOf(fabrikam), cloud: 'usgov' },
      }),
      mounts: () => [
        { mailbox: 'ada@contoso.com', tenant: 'contoso' },
        { mailbox: 'eve@fabrikam.us', tenant: 'fabrikam' },
        { mailboxes: {}, tenant: 'contoso' },
        { mailboxes: {}, tenant: 'fabrikam' },
      ],
      looks: 2,
    });
  });
  afterEach(async () => {
    expect(server.emulator.violations).toEqual([]);
    await server.stop();
  });

  const read = async (path: string) => (await server.dav()('GET', path)).text;

  it('are served side by side, each with its own token; names are unique among both', async () => {
    expect(await server.names()).toEqual(['ada', 'eve', 'ada@contoso.com', 'ada@fabrikam.us']);
    expect([await read('/ada/of'), await read('/eve/of')]).toEqual(['contoso', 'fabrikam']);
    const tokens = server.emulator.calls.filter(({ operation }) => operation === 'token');
    expect(new Set(tokens.map(({ host }) => host))).toEqual(
      new Set(['login.microsoftonline.com', 'login.microsoftonline.us']),
    );
  });

  it('exchange files through this server: copies, moves, whole folders', async () => {
    const dav = server.dav();
    expect((await dav('COPY', '/ada/of', { Destination: '/eve/copy' })).status).toBe(201);
    expect((await dav('MOVE', '/eve/folder', { Destination: '/ada/folder' })).status).toBe(201);
    const { ada, eve } = server.seeded;
    expect((await eve.read('/copy')).toString()).toBe('contoso');
    expect((await ada.read('/folder/deep')).toString()).toBe('from far away');
    expect(eve.stat('/folder')).toBeUndefined();
  });

  it('one that is down takes only its own mounts along', async () => {
    const { emulator, seeded } = server;
    const isOfFabrikam = (host: string) => host.endsWith('.us');
    await read('/eve/of');
    emulator.setFault((_, { host }) => (isOfFabrikam(host) ? { status: 503 } : undefined));
    emulator.addMailbox({ upn: 'new@contoso.com' });
    seeded.fabrikam.addMailbox({ upn: 'new@fabrikam.us' });
    await server.nextLook();
    expect(await server.names()).toEqual(['ada', 'eve', 'ada@contoso.com', 'ada@fabrikam.us', 'new']);
    const status = async (path: string) => (await server.dav()('PROPFIND', path, { Depth: '1' })).status;
    expect([await status('/ada/'), await status('/eve/'), await status('/new/')]).toEqual([207, 503, 207]);
    const told = server.logged.filter(({ msg }) => /could not be discovered/.test(msg));
    expect(told.map(({ tenant }) => tenant)).toEqual(['fabrikam']);
    emulator.setFault(undefined);
    await server.clock.pass(600_000);
    expect(await server.names()).toEqual([
      'ada',
      'eve',
      'ada@contoso.com',
      'ada@fabrikam.us',
      'new',
      'new@fabrikam.us',
    ]);
    expect(await status('/eve/')).toBe(207);
  });
});

it('a tenant that is throttled keeps nobody of another one waiting', async () => {
  const server = await startMountsServer({
    // The emulator's rule knows one silence for all tenants.
    emulator: { strict: { retryAfter: false } },
    seed: twoTenants,
    tenants: ({ fabrikam }, emulator) => ({
      contoso: tenantOf(emulator),
      fabrikam: { ...tenantOf(fabrikam), cloud: 'usgov' },
    }),
    mounts: () => [
      { mailbox: 'ada@contoso.com', tenant: 'contoso' },
      { mailbox: 'eve@fabrikam.us', tenant: 'fabrikam' },
    ],
    looks: 0,
  });
  const status = async (path: string) => (await server.dav()('GET', path)).status;
  server.emulator.setFault((operation, { host }) =>
    operation !== 'token' && host.endsWith('.us') ? { status: 429, retryAfter: '600' } : undefined,
  );
  expect([await status('/eve/of'), await status('/ada/of')]).toEqual([503, 200]);
  server.emulator.setFault(undefined);
  server.emulator.resetCalls();
  expect([await status('/eve/of'), await status('/ada/of')]).toEqual([503, 200]);
  expect(server.emulator.calls.filter(({ host }) => host.endsWith('.us'))).toEqual([]);
  await server.stop();
});

it('a tenant whose rules were never answered leaves the others ready, and only its names unknown', async () => {
  const server = await startMountsServer({
    seed: async emulator => {
      emulator.setFault((_, { host }) => (host.endsWith('.us') ? { status: 503 } : undefined));
      return twoTenants(emulator);
    },
    tenants: ({ fabrikam }, emulator) => ({
      contoso: tenantOf(emulator),
      fabrikam: { ...tenantOf(fabrikam), cloud: 'usgov' },
    }),
    mounts: () => [
      { mailboxes: {}, tenant: 'contoso' },
      { mailboxes: {}, tenant: 'fabrikam' },
    ],
    users: { ada: ['ada'] },
    looks: 2,
  });
  const dav = server.dav();
  expect((await dav('GET', '/ada/of')).text).toBe('contoso');
  expect([await server.names(), await server.names('ada')]).toEqual([503, ['ada']]);
  expect((await dav('GET', '/eve/of')).status).toBe(503);
  expect((await dav('GET', '/-/readyz')).status).toBe(200);
  await server.stop();
});

it('one tenant by two applications: each finds its own, and neither loses the other’s', async () => {
  const server = await startMountsServer({
    seed: async emulator => {
      emulator.addMailbox({ upn: 'ada@contoso.com' });
      emulator.addMailbox({ upn: 'bob@contoso.com' });
      return emulator.addApplication({ roles: ['Files.ReadWrite.All', 'User.Read.All'] });
    },
    tenants: ({ clientId, clientSecret }, emulator) => ({
      one: tenantOf(emulator),
      two: { tenantId: emulator.tenantId, clientId, clientSecret },
    }),
    mounts: () => [
      { mailboxes: { match: 'ada@*' }, tenant: 'one' },
      { mailboxes: { match: 'bob@*' }, tenant: 'two' },
    ],
    looks: 2,
  });
  await server.nextLook();
  await server.nextLook();
  expect([...((await server.names()) as string[])].sort()).toEqual(['ada', 'bob']);
  await server.stop();
});
