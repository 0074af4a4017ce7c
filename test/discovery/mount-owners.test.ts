import { describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { type PeopleServer, peopleServers } from '../support/people-server.ts';

const serve = peopleServers();

const seed = (emulator: Emulator) => ({
  ada: emulator.addMailbox({ upn: 'ada@contoso.com' }),
  bob: emulator.addMailbox({ upn: 'bob@contoso.com' }),
});
const byAddress = { seed, people: () => [{}], mounts: () => [{ mailbox: 'Ada@contoso.com', name: 'one' }] };
const mountKey = ({ emulator }: PeopleServer<unknown>) => ({
  tenantId: emulator.tenantId,
  mailbox: 'ada@contoso.com',
});

describe('the own drive', () => {
  it('is that of the person by object id, whatever the mount is called', async () => {
    const server = await serve({
      ...byAddress,
      mounts: ({ ada, bob }) => [
        { mailbox: 'ADA@contoso.com', name: 'bob' },
        { mailbox: bob.userId.toUpperCase(), name: 'ada' },
        { drive: ada.driveId, name: 'by id' },
      ],
    });
    const { ada, bob } = server.seeded;
    expect([server.sees(ada.userId), server.sees(bob.userId)]).toEqual([['bob write'], ['ada write']]);
  });

  it('stays with its owner when the address changes', async () => {
    const server = await serve(byAddress);
    const { ada } = server.seeded;
    ada.rename('lovelace@contoso.com');
    await server.nextLook();
    expect(server.sees(ada.userId)).toEqual(['one write']);
    await server.restart();
    expect(server.sees(ada.userId)).toEqual(['one write']);
  });

  it('is not that of the next holder of the address', async () => {
    const server = await serve(byAddress);
    const { ada, bob } = server.seeded;
    ada.rename('lovelace@contoso.com');
    bob.rename('ada@contoso.com');
    await server.nextLook();
    expect([server.sees(ada.userId), server.sees(bob.userId)]).toEqual([['one write'], []]);
    ada.deleteUser();
    await server.nextLook();
    await server.restart();
    expect([server.sees(ada.userId), server.sees(bob.userId)]).toEqual([undefined, []]);
  });

  it('is not that of the holder who came after the drive was opened, though nobody was looked for then', async () => {
    const server = await serve({
      ...byAddress,
      mounts: () => [{ drive: 'b!x', name: 'x' }],
      people: () => [{ mounts: '*' }],
    });
    const { ada, bob } = server.seeded;
    await server.state.driveIds.set(mountKey(server), ada.driveId);
    ada.rename('lovelace@contoso.com');
    bob.rename('ada@contoso.com');
    await server.restart({ mounts: byAddress.mounts(), people: [{}] });
    expect([server.sees(ada.userId), server.sees(bob.userId)]).toEqual([[], []]);
    expect(await server.state.driveIds.get(mountKey(server))).toBe(ada.driveId);
  });

  it('opens only with the drive of the holder who was seen first: a later one cannot slip in before it is opened', async () => {
    const server = await serve(byAddress);
    const { ada } = server.seeded;
    expect(await server.state.driveIds.get(mountKey(server))).toBe(ada.driveId);
  });

  it("is nobody's when discovery has seen another holder before, and the drive was never opened", async () => {
    const server = await serve({
      ...byAddress,
      mounts: () => [{ drive: 'b!x', name: 'x' }],
      people: () => [{ mounts: '*' }],
    });
    const { ada, bob } = server.seeded;
    const { tenantId } = server.emulator;
    const owners = new Map([['ada@contoso.com', ada.userId]]);
    await server.state.mailboxes.keep({ tenantId: tenantId.toLowerCase(), mailboxes: [], owners });
    ada.rename('lovelace@contoso.com');
    bob.rename('ada@contoso.com');
    await server.restart({ mounts: byAddress.mounts(), people: [{}] });
    expect([server.sees(ada.userId), server.sees(bob.userId)]).toEqual([[], []]);
    // The address leads to Bob's drive when it is opened now; Ada does not get that either.
    await server.state.driveIds.set(mountKey(server), bob.driveId);
    await server.nextLook();
    await server.restart({ starts: false });
    expect([server.sees(ada.userId), server.sees(bob.userId)]).toEqual([[], []]);
  });

  it('is proven with one call, once; a person without a drive has none, until there is one', async () => {
    const server = await serve(byAddress);
    const calls = async () => (await server.callsOf(() => server.nextLook())).filter(call => call !== 'user-list');
    expect(await calls()).toEqual([]);
    expect(await server.callsOf(() => server.restart({ starts: false }))).toEqual([]);
    expect(server.sees(server.seeded.ada.userId)).toEqual(['one write']);
    const without = await serve({
      ...byAddress,
      seed: emulator => ({ ada: emulator.addMailbox({ upn: 'ada@contoso.com', drive: 'no-mysite' }) }),
    });
    const { ada } = without.seeded;
    expect(without.sees(ada.userId)).toEqual([]);
    ada.setDrive('ready');
    await without.nextLook();
    expect(without.sees(ada.userId)).toEqual(['one write']);
  });

  it('keeps everybody waiting at first when it cannot be told: it would look as if it were gone', async () => {
    const server = await serve({
      ...byAddress,
      seed: emulator => {
        emulator.setFault(operation => (operation === 'drive-get' ? { status: 503 } : undefined));
        return seed(emulator);
      },
    });
    const { ada } = server.seeded;
    expect([server.admitted(ada.userId), server.people().pending()]).toEqual([[], expect.anything()]);
    server.emulator.setFault(undefined);
    await server.nextLook();
    expect([server.sees(ada.userId), server.people().pending()]).toEqual([['one write'], undefined]);
  });

  it('that cannot be told later on keeps nobody in', async () => {
    const server = await serve({
      ...byAddress,
      seed: emulator => ({
        ada: emulator.addMailbox({ upn: 'ada@contoso.com', drive: 'no-mysite' }),
        bob: emulator.addMailbox({ upn: 'bob@contoso.com' }),
      }),
    });
    const { ada, bob } = server.seeded;
    expect(server.admitted(ada.userId, bob.userId)).toHaveLength(2);
    server.emulator.setFault(operation => (operation === 'drive-get' ? { status: 503 } : undefined));
    bob.setAccountEnabled(false);
    await server.nextLook();
    expect(server.admitted(ada.userId, bob.userId)).toEqual([ada.userId]);
    expect(server.logged.at(-1)?.msg).toContain('people could not be looked for');
    server.emulator.setFault(undefined);
    ada.setDrive('ready');
    await server.nextLook();
    expect(server.sees(ada.userId)).toEqual(['one write']);
  });

  it('of a tenant is not that of the same address in another', async () => {
    const server = await serve({
      seed: emulator => {
        const fabrikam = emulator.addTenant({ name: 'fabrikam' });
        fabrikam.setApplication({ roles: ['Files.ReadWrite.All', 'User.Read.All'] });
        return { ...seed(emulator), fabrikam, other: fabrikam.addMailbox({ upn: 'ada@contoso.com' }) };
      },
      tenants: ({ fabrikam }, { tenantId, clientId, clientSecret }) => ({
        contoso: { tenantId, clientId, clientSecret },
        fabrikam: { tenantId: fabrikam.tenantId, clientId: fabrikam.clientId, clientSecret: fabrikam.clientSecret },
      }),
      mounts: () => ['contoso', 'fabrikam'].map(tenant => ({ mailbox: 'ada@contoso.com', name: tenant, tenant })),
      people: () => ['contoso', 'fabrikam'].map(tenant => ({ tenant })),
    });
    const { ada, other } = server.seeded;
    expect([server.sees(ada.userId), server.sees(other.userId)]).toEqual([['contoso write'], ['fabrikam write']]);
  });
});
