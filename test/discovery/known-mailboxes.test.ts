import { expect, it } from 'vitest';
import { KnownMailboxes } from '../../src/discovery/known-mailboxes.ts';
import type { State } from '../../src/state/state.ts';
import { mailbox } from '../contracts/mailbox-store.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { withServers } from '../support/postgres-servers.ts';
import { answeringLate, openMemoryState } from '../support/state-engines.ts';

const open = ({ mailboxes }: State) => KnownMailboxes.open(mailboxes, { tenantIds: ['t', 'u'], mountNames: [] });
const candidate = (userId: string, principal: string) => ({ userId, principal, groups: [] });
const found = (...present: ReturnType<typeof candidate>[]) => ({ tenantId: 't', present, gone: [], rules: ['r'] });
const namesIn = (known: KnownMailboxes) =>
  Object.fromEntries(known.mounted('t').map(({ userId, name }) => [userId, name]));

const ANNA = candidate('1', 'anna@one.example');
const OTHER_ANNA = candidate('2', 'anna@two.example');

it('two servers give one mailbox one name, whichever has found it first, and two mailboxes never the same', async () => {
  const state = answeringLate(openMemoryState());
  const [a, b] = [await open(state), await open(state)];
  await a.record(found(ANNA));
  // The other one comes first in a list that the second server has.
  await b.record(found(OTHER_ANNA, ANNA));
  await a.record(found(OTHER_ANNA, ANNA));
  expect([namesIn(a), namesIn(b)]).toEqual([
    { 1: 'anna', 2: 'anna@two.example' },
    { 1: 'anna', 2: 'anna@two.example' },
  ]);
});

it('a mailbox of a tenant that only another server has keeps its name from all', async () => {
  const state = openMemoryState();
  const known = await open(state);
  await state.mailboxes.keep({ tenantId: 'away', mailboxes: [mailbox('9', { tenantId: 'away', name: 'ANNA' })] });
  await known.record(found(ANNA));
  expect(namesIn(known)).toEqual({ 1: 'anna@one.example' });
});

describeWith(POSTGRES, 'servers that look at once', () => {
  it('give each mailbox one name of its own', () =>
    withServers(3, async servers => {
      const all = await Promise.all(servers.map(open));
      for (let round = 0; round < 5; round += 1) {
        const people = Array.from({ length: 4 }, (_, index) =>
          candidate(`${round} ${index}`, `p${round}@${index}.example`),
        );
        // Each server sees others first, and a part of them only.
        await Promise.all(
          all.map((known, server) => known.record(found(...[...people.slice(server), ...people].slice(0, 3)))),
        );
        await Promise.all(all.map(known => known.record(found(...people))));
      }
      await Promise.all(all.map(known => known.record(found())));
      const stored = Object.fromEntries((await servers[0]!.mailboxes.list()).map(({ userId, name }) => [userId, name]));
      expect(all.map(namesIn)).toEqual([stored, stored, stored]);
      expect(new Set(Object.values(stored)).size).toBe(20);
    }));
});
