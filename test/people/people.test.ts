import { describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { INTERVAL_MS } from '../support/mounts-server.ts';
import { type PeopleServer, peopleServers } from '../support/people-server.ts';

const serve = peopleServers();

function adaAndBob(emulator: Emulator) {
  const [ada, bob] = ['ada', 'bob'].map(name => emulator.addMailbox({ upn: `${name}@contoso.com` }));
  return { ada: ada!, bob: bob! };
}

const withRule = (rule: object) => serve({ seed: adaAndBob, people: () => [rule] });
const withRole = (emulator: Emulator) =>
  emulator.setApplication({ appRoles: [{ id: 'a-role', value: 'Files', displayName: 'Files' }] });

describe('groups and roles', () => {
  it('let in members of nested groups; a role of a group is for its direct members only', async () => {
    const server = await serve({
      seed: emulator => {
        withRole(emulator);
        const { ada, bob } = adaAndBob(emulator);
        const eve = emulator.addMailbox({ upn: 'eve@contoso.com' });
        const inner = emulator.addGroup({ displayName: 'inner', members: [ada] });
        const outer = emulator.addGroup({ displayName: 'outer', members: [inner, bob] });
        emulator.assign(outer, { role: 'Files' });
        emulator.assign(eve, { role: 'Files' });
        emulator.assign(ada);
        return { ada, bob, eve, inner, outer };
      },
      people: ({ outer }) => [
        { group: outer.groupId, mounts: { ofGroup: 'read' } },
        { appRole: 'Files', mounts: { ofRole: 'read' } },
      ],
      mounts: () => ['ofGroup', 'ofRole'].map(name => ({ drive: `b!${name}`, name })),
    });
    const { ada, bob, eve, inner, outer } = server.seeded;
    const seen = () => [ada, bob, eve].map(({ userId }) => server.sees(userId));
    expect(seen()).toEqual([['ofGroup read'], ['ofGroup read', 'ofRole read'], ['ofRole read']]);
    inner.remove(ada);
    outer.remove(bob);
    server.emulator.unassign(eve);
    await server.nextLook();
    expect(seen()).toEqual([undefined, undefined, undefined]);
    inner.add(eve);
    server.emulator.assign(ada, { role: 'Files' });
    await server.nextLook();
    expect(seen()).toEqual([['ofRole read'], undefined, ['ofGroup read']]);
  });

  it('that are deleted let nobody in any more, and no other rule is any the worse', async () => {
    const server = await serve({
      seed: emulator => {
        const { ada, bob } = adaAndBob(emulator);
        return { ada, bob, group: emulator.addGroup({ displayName: 'group', members: [ada] }) };
      },
      people: ({ group }) => [{ group: group.groupId }, { match: 'bob@*' }],
    });
    const { ada, bob, group } = server.seeded;
    expect(server.admitted(ada.userId, bob.userId)).toEqual([ada.userId, bob.userId]);
    group.delete();
    await server.nextLook();
    await server.nextLook();
    expect(server.admitted(ada.userId, bob.userId)).toEqual([bob.userId]);
    expect(server.logged.filter(({ level }) => level >= 40).map(({ msg }) => msg)).toEqual([
      `there is no group ${group.groupId}, so nobody is let in as its member`,
    ]);
  });

  it('leave guests out unless a rule wants them', async () => {
    const seed = (emulator: Emulator) => ({ guest: emulator.addMailbox({ upn: 'g@fabrikam.com', guest: true }) });
    const without = await serve({ seed, people: () => [{}] });
    expect(without.admitted(without.seeded.guest.userId)).toEqual([]);
    expect(await without.look(without.seeded.guest.userId)).toBeUndefined();
    const including = await serve({ seed, people: () => [{ guests: true }] });
    expect(including.admitted(including.seeded.guest.userId)).toHaveLength(1);
  });
});

describe('who comes and goes', () => {
  it.each<[string, (server: PeopleServer<ReturnType<typeof adaAndBob>>) => void]>([
    ['disabled', ({ seeded }) => seeded.ada.setAccountEnabled(false)],
    ['deleted', ({ seeded }) => seeded.ada.deleteUser()],
    ['renamed out of the rule', ({ seeded }) => seeded.ada.rename('ada@fabrikam.com')],
  ])('has no access after one look: %s', async (_, change) => {
    const server = await withRule({ match: '*@contoso.com' });
    const { ada, bob } = server.seeded;
    expect(server.admitted(ada.userId, bob.userId)).toHaveLength(2);
    change(server);
    await server.clock.pass(0);
    expect(server.admitted(ada.userId)).toHaveLength(1);
    await server.nextLook();
    expect(server.admitted(ada.userId, bob.userId)).toEqual([bob.userId]);
    expect(server.people().named('ada')).toBeUndefined();
  });

  it('is served without a restart: a newcomer, by the next look or by a sign-in before it', async () => {
    const server = await withRule({});
    const eve = server.emulator.addMailbox({ upn: 'eve@contoso.com' });
    expect(server.people().find(eve.userId)).toBeUndefined();
    expect((await server.look(eve.userId))?.person.principal).toBe('eve@contoso.com');
    expect(server.people().named('EVE')?.person.userId).toBe(eve.userId);
    const joe = server.emulator.addMailbox({ upn: 'joe@contoso.com' });
    await server.nextLook();
    expect(server.admitted(eve.userId, joe.userId)).toHaveLength(2);
  });

  it('keeps the same user, rights and all, while nothing changes, and the same rights under another name', async () => {
    const server = await withRule({});
    const { ada } = server.seeded;
    const user = () => server.people().find(ada.userId)?.user;
    const before = user();
    await server.nextLook();
    await server.look(ada.userId);
    expect(user()).toBe(before);
    ada.rename('lovelace@contoso.com');
    await server.nextLook();
    expect([user()?.name, user()?.id]).toEqual(['lovelace@contoso.com', ada.userId]);
    expect(user()?.rights).toBe(before?.rights);
  });
});

describe('a look at one person', () => {
  it.each([
    [{}, ['user-get']],
    [{ group: 'of a group' }, ['user-get', 'directoryobject-getmembergroups']],
  ])('costs a call, and one more for groups: %j', async (rule, expected) => {
    const server = await serve({
      seed: emulator => {
        const { ada } = adaAndBob(emulator);
        const inner = emulator.addGroup({ displayName: 'inner', members: [ada] });
        return { ada, inner, group: emulator.addGroup({ displayName: 'outer', members: [inner] }) };
      },
      people: ({ group }) => [{ ...rule, ...('group' in rule && { group: group.groupId }) }, { mounts: ['other'] }],
      mounts: () => [{ mailboxes: { match: '*' } }, { drive: 'b!other', name: 'other' }],
    });
    const { ada, inner } = server.seeded;
    expect(await server.callsOf(() => server.look(ada.userId.toUpperCase()))).toEqual(expected);
    const rules = () => server.people().find(ada.userId)?.user.rights.rules.length;
    expect(rules()).toBe(2);
    inner.remove(ada);
    await server.look(ada.userId);
    expect(rules()).toBe('group' in rule ? 1 : 2);
  });

  it('shuts out at once who is disabled or gone, and lets in again', async () => {
    const server = await withRule({});
    const { ada, bob } = server.seeded;
    ada.setAccountEnabled(false);
    expect([await server.look(ada.userId), server.people().find(ada.userId)]).toEqual([undefined, undefined]);
    ada.setAccountEnabled(true);
    expect(await server.look(ada.userId)).toBe(server.people().find(ada.userId));
    bob.deleteUser();
    expect([await server.look(bob.userId), server.people().named('bob')]).toEqual([undefined, undefined]);
    await server.restart({ starts: false });
    expect(server.admitted(ada.userId, bob.userId)).toEqual([ada.userId]);
  });

  it('turns nobody away for a role before it was looked for; those with a role come in at the next look', async () => {
    const server = await serve({
      seed: emulator => {
        withRole(emulator);
        const { ada, bob } = adaAndBob(emulator);
        emulator.assign(ada, { role: 'Files' });
        return { ada, bob };
      },
      people: () => [{ appRole: 'Files' }],
    });
    const { ada, bob } = server.seeded;
    server.emulator.assign(bob, { role: 'Files' });
    expect([(await server.look(ada.userId))?.person.userId, await server.look(bob.userId)]).toEqual([
      ada.userId,
      undefined,
    ]);
    await server.nextLook();
    expect(server.admitted(bob.userId)).toHaveLength(1);
    await server.state.people.keep({ tenantId: server.emulator.tenantId, at: 0, key: '', people: [] });
    await server.restart({ starts: false });
    await expect(server.look(ada.userId)).rejects.toMatchObject({ name: 'GraphError', retryAfterSeconds: 5 });
  });

  it('that fails changes nothing', async () => {
    const server = await withRule({});
    const { ada } = server.seeded;
    ada.setAccountEnabled(false);
    server.emulator.setFault(operation => (operation === 'user-get' ? { status: 403 } : undefined));
    await expect(server.look(ada.userId)).rejects.toMatchObject({ name: 'GraphError', status: 403 });
    expect(server.admitted(ada.userId)).toHaveLength(1);
  });
});

describe('a directory that fails', () => {
  it.each<[string, Parameters<Emulator['setFault']>[0]]>([
    ['throttled', operation => (operation === 'token' ? undefined : { status: 429, retryAfter: '1' })],
    ['down', operation => (operation === 'token' ? undefined : { status: 503 })],
    ['forbidden', operation => (operation === 'user-list' ? { status: 403 } : undefined)],
    ['without tokens', operation => (operation === 'token' ? { status: 401 } : undefined)],
    [
      'without a list',
      operation =>
        operation === 'user-list' ? { wire: { done: 'no', status: 200, body: '{"value":null}' } } : undefined,
    ],
    [
      'whose users have no names',
      operation =>
        operation === 'user-list' ? { wire: { done: 'no', status: 200, body: '{"value":[{"id":"1"}]}' } } : undefined,
    ],
    [
      'that does not tell whose account is enabled',
      operation =>
        operation === 'user-list'
          ? { wire: { done: 'no', status: 200, body: '{"value":[{"id":"1","userPrincipalName":"x@contoso.com"}]}' } }
          : undefined,
    ],
  ])('lets nobody in or out by a failed look: %s', async (_, fault) => {
    const server = await withRule({});
    const { ada, bob } = server.seeded;
    server.emulator.setFault(fault);
    ada.setAccountEnabled(false);
    const eve = server.emulator.addMailbox({ upn: 'eve@contoso.com' });
    // A token lives for an hour.
    await server.clock.pass(2 * 60 * 60_000);
    const ids = [ada, bob, eve].map(({ userId }) => userId);
    expect(server.admitted(...ids)).toEqual(ids.slice(0, 2));
    expect(server.logged.filter(({ level }) => level === 50).map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^people could not be looked for; for a day they are served as last seen: /),
    ]);
    server.emulator.setFault(undefined);
    await server.clock.pass(INTERVAL_MS);
    expect(server.admitted(...ids)).toEqual([bob.userId, eve.userId]);
    expect(server.logged.map(({ msg }) => msg).slice(-1)).toEqual(['people can be looked for again']);
  });

  it('lets nobody in or out by a list that loses its second page', async () => {
    const server = await serve({
      seed: emulator => Array.from({ length: 1000 }, (_, i) => emulator.addMailbox({ upn: `u${i}@contoso.com` })),
      people: () => [{}],
    });
    const all = server.seeded.map(({ userId }) => userId);
    expect(server.admitted(...all)).toHaveLength(1000);
    server.seeded[0]!.setAccountEnabled(false);
    let pages = 0;
    server.emulator.setFault(operation => {
      pages += operation === 'user-list' ? 1 : 0;
      return pages > 1 ? { status: 500 } : undefined;
    });
    await server.nextLook();
    expect(server.admitted(...all)).toHaveLength(1000);
  });

  it('asks for those who are missing in its list; most of more than a hundred exist only if the list is wrong', async () => {
    const server = await serve({
      seed: emulator => Array.from({ length: 102 }, (_, i) => emulator.addMailbox({ upn: `u${i}@contoso.com` })),
      people: () => [{}],
    });
    const all = server.seeded.map(({ userId }) => userId);
    const listOnly = (...users: readonly { userId: string; upn: string }[]) => {
      const value = users.map(({ userId, upn }) => ({ id: userId, userPrincipalName: upn, accountEnabled: true }));
      server.emulator.setFault(operation =>
        operation === 'user-list' ? { wire: { done: 'no', status: 200, body: JSON.stringify({ value }) } } : undefined,
      );
    };
    listOnly(...server.seeded.slice(2));
    server.seeded[0]!.deleteUser();
    await server.nextLook();
    expect(server.admitted(...all)).toEqual(all.slice(1));
    listOnly();
    await server.nextLook();
    expect(server.admitted(...all)).toEqual(all.slice(1));
    expect(server.logged.at(-1)?.msg).toContain('the list of users lacks 101 people, many of whom exist');
    for (const user of server.seeded.slice(1, 51)) {
      user.deleteUser();
    }
    await server.clock.pass(INTERVAL_MS);
    expect(server.admitted(...all)).toEqual(all.slice(51, 101));
  });

  it('leaves a user without a name out, and nobody else', async () => {
    const server = await withRule({});
    const { ada, bob } = server.seeded;
    const value = [{ id: ada.userId }, { id: bob.userId, userPrincipalName: bob.upn, accountEnabled: true }];
    server.emulator.setFault(operation =>
      operation === 'user-list'
        ? { wire: { done: 'no', status: 200, body: JSON.stringify({ value }) } }
        : operation === 'user-get'
          ? { wire: { done: 'no', status: 200, body: JSON.stringify(value[0]) } }
          : undefined,
    );
    await server.nextLook();
    expect(server.admitted(ada.userId, bob.userId)).toEqual([bob.userId]);
  });

  it('is believed for a day, and then nobody is let in on its word', async () => {
    const server = await withRule({});
    const { ada } = server.seeded;
    expect(server.people().pending()).toBeUndefined();
    server.emulator.setFault(operation => (operation === 'token' ? undefined : { status: 503 }));
    for (let passed = 0; passed < 24 * 60 * 60_000; passed += INTERVAL_MS) {
      expect([server.admitted(ada.userId).length, server.people().pending()]).toEqual([1, undefined]);
      await server.nextLook();
    }
    await server.clock.pass(1);
    expect([server.admitted(ada.userId), server.people().named('ada')]).toEqual([[], undefined]);
    expect(server.people().pending()?.retryAfterSeconds).toBeGreaterThan(0);
    await server.restart({ starts: false });
    expect([server.admitted(ada.userId).length, server.people().pending()]).toEqual([0, { retryAfterSeconds: 5 }]);
    server.emulator.setFault(undefined);
    await server.restart();
    expect([server.admitted(ada.userId).length, server.people().pending()]).toEqual([1, undefined]);
  });

  it('does not keep anybody in because the state cannot be written', async () => {
    let isFull = false;
    const server = await serve({
      seed: adaAndBob,
      people: () => [{}],
      state: state => ({
        ...state,
        people: {
          ...state.people,
          keep: async look => {
            if (isFull) {
              throw new Error('disk full');
            }
            await state.people.keep(look);
          },
        },
      }),
    });
    const { ada, bob } = server.seeded;
    isFull = true;
    ada.setAccountEnabled(false);
    await server.nextLook();
    expect(server.admitted(ada.userId, bob.userId)).toEqual([bob.userId]);
    expect(server.logged.at(-1)?.msg).toContain('disk full');
  });
});

describe('a restart', () => {
  it('knows the people at once, without a call, and looks again', async () => {
    const server = await withRule({});
    const { ada, bob } = server.seeded;
    const before = server.people().find(ada.userId);
    const calls = await server.callsOf(() => server.restart({ starts: false }));
    expect([calls, server.people().pending()]).toEqual([[], undefined]);
    expect(server.admitted(ada.userId, bob.userId)).toHaveLength(2);
    expect(server.people().find(ada.userId)).toEqual(before);
    await server.restart({ while: () => ada.setAccountEnabled(false) });
    expect(server.admitted(ada.userId, bob.userId)).toEqual([bob.userId]);
  });

  it('applies other rules to the people whom it knows, unless they ask for what was not looked for', async () => {
    const server = await serve({
      seed: emulator => {
        withRole(emulator);
        const { ada, bob } = adaAndBob(emulator);
        emulator.assign(ada, { role: 'Files' });
        return { ada, bob, group: emulator.addGroup({ displayName: 'g', members: [bob] }) };
      },
      people: () => [{ match: 'ada@*' }],
    });
    const { ada, bob, group } = server.seeded;
    const known = async (rule: object) => {
      await server.restart({ people: [rule], starts: false });
      return server.people().pending() === undefined ? server.admitted(ada.userId, bob.userId) : 'pending';
    };
    expect(await known({ match: 'bob@*' })).toEqual([bob.userId]);
    expect(await known({ group: group.groupId })).toBe('pending');
    expect(await known({ appRole: 'Files' })).toBe('pending');
    await server.restart({ people: [{ group: group.groupId }, { appRole: 'Files', match: 'ada@*' }] });
    expect(await known({ appRole: 'Files', group: group.groupId })).toEqual([]);
    await server.restart({ people: [{ appRole: 'Files' }] });
    expect(await known({ appRole: 'Files' })).toEqual([ada.userId]);
    const other = server.emulator.addApplication();
    server.emulator.setApplication({ clientId: other.clientId });
    expect(await known({ appRole: 'Files' })).toBe('pending');
  });

  it('waits for the owners of new mounts by address: the own drive would look as if it were gone', async () => {
    const server = await withRule({});
    const { ada } = server.seeded;
    const mounts = [{ mailbox: 'ada@contoso.com', name: 'ada' }];
    await server.restart({ mounts, starts: false });
    expect([server.admitted(ada.userId), server.people().pending()]).toEqual([[], { retryAfterSeconds: 5 }]);
    await server.restart({ mounts });
    expect(server.sees(ada.userId)).toEqual(['ada write']);
    await server.restart({ mounts, starts: false });
    expect(server.sees(ada.userId)).toEqual(['ada write']);
  });

  it('does not believe a look that lies in the future: the clock was wrong', async () => {
    const server = await withRule({});
    const look = (await server.state.people.last(server.emulator.tenantId.toLowerCase()))!;
    await server.state.people.keep({ ...look, at: server.clock.now() + 25 * 60 * 60_000 });
    await server.restart({ starts: false });
    expect(server.people().pending()).toBeDefined();
  });
});

describe('names', () => {
  it('are principal names before mail addresses before short names, in any case and composition', async () => {
    const server = await serve({
      seed: emulator => {
        const [ada, bob] = [
          emulator.addMailbox({ upn: 'ada@contoso.com', mail: 'lovelace@contoso.com' }),
          emulator.addMailbox({ upn: 'bob@contoso.com', mail: 'ADA@contoso.com' }),
        ];
        const jose = emulator.addMailbox({ upn: 'josé@contoso.com', mail: null });
        const short = emulator.addMailbox({ upn: 'lovelace@contoso.com@fabrikam.com', mail: 'short@x.example' });
        return { ada, bob, jose, short };
      },
      people: () => [{}],
    });
    const named = (name: string) => server.people().named(name)?.person.userId;
    const { ada, bob, jose, short } = server.seeded;
    expect(named('Ada@CONTOSO.com')).toBe(ada.userId);
    expect(named('LoveLace@contoso.com')).toBe(ada.userId);
    expect([named('ADA'), named('bob'), named('SHORT@x.example')]).toEqual([ada.userId, bob.userId, short.userId]);
    expect([named('JOSÉ'), named('jose\u0301@contoso.com')]).toEqual([jose.userId, jose.userId]);
    expect([named(''), named('@contoso.com'), named('nobody')]).toEqual([undefined, undefined, undefined]);
  });

  it('that several people have lead to none of them', async () => {
    const server = await serve({
      seed: emulator => {
        const [one, two] = ['contoso', 'fabrikam'].map(domain => emulator.addMailbox({ upn: `ada@${domain}.com` }));
        const same = ['x', 'y'].map(name =>
          emulator.addMailbox({ upn: `${name}@contoso.com`, mail: 'team@x.example' }),
        );
        return { one: one!, two: two!, same };
      },
      people: () => [{}],
    });
    const named = (name: string) => server.people().named(name)?.person.userId;
    const { one, two } = server.seeded;
    expect([named('ada'), named('team@x.example')]).toEqual([undefined, undefined]);
    expect([named('ada@contoso.com'), named('ada@fabrikam.com')]).toEqual([one.userId, two.userId]);
    two.setAccountEnabled(false);
    await server.nextLook();
    expect([named('ada'), named('ada@fabrikam.com')]).toEqual([one.userId, undefined]);
  });

  it('follow a rename', async () => {
    const server = await withRule({});
    const { ada, bob } = server.seeded;
    ada.rename('lovelace@contoso.com');
    bob.rename('ada@contoso.com');
    await server.nextLook();
    const named = (name: string) => server.people().named(name)?.person.userId;
    expect([named('lovelace'), named('ada@contoso.com')]).toEqual([ada.userId, bob.userId]);
    expect(named('bob')).toBeUndefined();
  });
});
