import { describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import type { TenantLike } from '../support/mounts-server.ts';
import { PEOPLE_ROLES, peopleServers } from '../support/people-server.ts';

const serve = peopleServers();

const link = ({ tenantId, clientId, clientSecret }: TenantLike): TenantLike => ({ tenantId, clientId, clientSecret });
const downAt =
  (host: string) =>
  (operation: string, { host: asked }: { host: string }) =>
    operation !== 'token' && asked === host ? { status: 503 } : undefined;

describe('two tenants', () => {
  function seed(emulator: Emulator) {
    const fabrikam = emulator.addTenant({ name: 'fabrikam', cloud: 'china' });
    fabrikam.setApplication({ roles: PEOPLE_ROLES });
    const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
    return { fabrikam, ada, other: fabrikam.addMailbox({ upn: 'ada@fabrikam.com' }) };
  }
  const options = {
    seed,
    tenants: ({ fabrikam }: ReturnType<typeof seed>, emulator: Emulator) => ({
      contoso: link(emulator),
      fabrikam: { ...link(fabrikam), cloud: 'china' },
    }),
    people: () => [
      { tenant: 'contoso', mounts: ['one'] },
      { tenant: 'fabrikam', mounts: ['two'] },
    ],
    mounts: () => ['one', 'two'].map(name => ({ drive: `b!${name}`, name, tenant: 'contoso' })),
  };

  it('have their own rules for their own people', async () => {
    const server = await serve(options);
    const { ada, other } = server.seeded;
    expect([server.sees(ada.userId), server.sees(other.userId)]).toEqual([['one write'], ['two write']]);
    expect(server.people().find(other.userId)?.person.tenantId).toBe(server.seeded.fabrikam.tenantId);
    expect([server.people().named('ada'), server.people().named('ada@fabrikam.com')?.person.userId]).toEqual([
      undefined,
      other.userId,
    ]);
  });

  it('are asked in turn for a newcomer, and one that is down does not matter when the other has them', async () => {
    const server = await serve(options);
    const { fabrikam } = server.seeded;
    const eve = fabrikam.addMailbox({ upn: 'eve@fabrikam.com' });
    expect(await server.callsOf(() => server.look(eve.userId))).toEqual(['user-get', 'user-get']);
    const joe = fabrikam.addMailbox({ upn: 'joe@fabrikam.com' });
    server.emulator.setFault(downAt(server.emulator.hosts.graph));
    expect((await server.look(joe.userId))?.person.principal).toBe('joe@fabrikam.com');
    await expect(server.look('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ status: 503 });
  });

  it('are pending each for itself', async () => {
    const server = await serve(options);
    const { ada, other } = server.seeded;
    await server.state.people.keep({ tenantId: server.emulator.tenantId, at: 0, key: '', people: [] });
    await server.restart({ starts: false });
    expect(server.admitted(ada.userId, other.userId)).toEqual([other.userId]);
    expect(server.people().pending()).toBeDefined();
  });
});

describe('a tenant that is configured twice, with two applications', () => {
  function seed(emulator: Emulator) {
    const second = emulator.addApplication({ roles: PEOPLE_ROLES });
    const [ada, bob] = ['ada', 'bob'].map(name => emulator.addMailbox({ upn: `${name}@contoso.com` }));
    return { second, ada: ada!, bob: bob!, group: emulator.addGroup({ displayName: 'g', members: [ada!] }) };
  }
  const options = {
    seed,
    tenants: ({ second }: ReturnType<typeof seed>, emulator: Emulator) => ({
      first: link(emulator),
      second: { ...link({ ...link(emulator), ...link({ ...second, tenantId: emulator.tenantId }) }) },
    }),
    people: ({ group }: ReturnType<typeof seed>) => [
      { tenant: 'first', mounts: { one: 'read' }, devicePasswords: 3 },
      { tenant: 'second', mounts: { one: 'write', two: 'read' }, group: group.groupId, devicePasswords: 5 },
    ],
    mounts: () => ['one', 'two'].map(name => ({ drive: `b!${name}`, name, tenant: 'first' })),
  };

  it('gives people the rights by the rules of both, under their names, and as the same user', async () => {
    const server = await serve(options);
    const { ada, bob } = server.seeded;
    expect([server.sees(ada.userId), server.sees(bob.userId)]).toEqual([['one write', 'two read'], ['one read']]);
    const found = server.people().named('ada')!;
    expect([found.person.tenantId, found.devicePasswords]).toEqual([server.emulator.tenantId.toLowerCase(), 5]);
    expect(server.people().named('ADA@contoso.com')?.user).toBe(found.user);
    await server.nextLook();
    expect(server.people().find(ada.userId)).toBe(found);
  });

  it('is asked once about one person', async () => {
    const server = await serve(options);
    const { ada, group } = server.seeded;
    group.remove(ada);
    const calls = await server.callsOf(() => server.look(ada.userId));
    expect(calls).toEqual(['user-get', 'directoryobject-getmembergroups']);
    expect(server.sees(ada.userId)).toEqual(['one read']);
    ada.setAccountEnabled(false);
    expect([await server.look(ada.userId), server.admitted(ada.userId)]).toEqual([undefined, []]);
  });

  it('lets nobody in on the word of one of its rules while the others are not known', async () => {
    const server = await serve(options);
    const { ada } = server.seeded;
    const storeKey = `${server.emulator.tenantId.toLowerCase()} second`;
    expect(await server.state.people.last(storeKey)).toBeDefined();
    await server.state.people.keep({ tenantId: storeKey, at: 0, key: '', people: [] });
    await server.restart({ starts: false });
    expect([server.admitted(ada.userId), server.people().pending()]).toEqual([[], { retryAfterSeconds: 5 }]);
  });
});
