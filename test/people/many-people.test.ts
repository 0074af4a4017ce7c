import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PeopleServer, startPeopleServer } from '../support/people-server.ts';

const PEOPLE = 5_000;

describe('5,000 people', () => {
  let server: PeopleServer<{ groupId: string; userIds: string[] }>;

  beforeAll(async () => {
    server = await startPeopleServer({
      seed: emulator => {
        const users = Array.from({ length: PEOPLE }, (_, index) =>
          emulator.addMailbox({ upn: `u${index}@contoso.com` }),
        );
        const { groupId } = emulator.addGroup({ displayName: 'half', members: users.slice(0, PEOPLE / 2) });
        return { groupId, userIds: users.map(({ userId }) => userId) };
      },
      people: ({ groupId }) => [{}, { group: groupId, mounts: '*' }],
    });
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('are found by object id and by name', () => {
    const { userIds } = server.seeded;
    expect(server.admitted(...userIds)).toHaveLength(PEOPLE);
    const rules = userIds.map(userId => server.people().find(userId)?.user.rights.rules.length);
    expect([rules.filter(count => count === 2).length, rules.filter(count => count === 1).length]).toEqual([
      2500, 2500,
    ]);
    expect(server.people().named('U4999')?.person.userId).toBe(userIds[4999]);
  });

  it('cost a call for each 999 of them, and of the members of each group, and nothing for each person', async () => {
    const calls = await server.callsOf(() => server.nextLook());
    expect(calls).toEqual([...Array(6).fill('user-list'), ...Array(3).fill('group-list-transitivemembers')]);
  });

  it('are known at once after a restart, as the same rights for all that is compared', async () => {
    const before = server.people().find(server.seeded.userIds[0]!);
    expect(await server.callsOf(() => server.restart({ starts: false }))).toEqual([]);
    expect(server.admitted(...server.seeded.userIds)).toHaveLength(PEOPLE);
    expect(server.people().find(server.seeded.userIds[0]!)).toEqual(before);
  });
});
