import { describe, expect, it } from 'vitest';
import type { KnownMailbox, MailboxStore } from '../../src/state/mailbox-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

export function mailbox(userId: string, change: Partial<KnownMailbox> = {}): KnownMailbox {
  return {
    tenantId: 't1',
    userId,
    principal: `${userId}@contoso.com`,
    groups: [],
    name: userId,
    isMounted: true,
    ...change,
  };
}

/** The promises of `src/state/mailbox-store.ts`. */
export function describeMailboxStore(engine: Engine): void {
  const withStore = (use: (store: MailboxStore) => Promise<void>) =>
    withEngine(engine, ({ mailboxes }) => use(mailboxes));
  describe(`${engine.name} keeps the mailbox store contract`, () => {
    const keep = (store: MailboxStore, ...mailboxes: KnownMailbox[]) =>
      store.keep({ tenantId: 't1', mailboxes, rules: [] });

    it('lists the stored mailboxes, in the order in which they first came', () =>
      withStore(async store => {
        expect(await store.list()).toEqual([]);
        await keep(store, mailbox('z'), mailbox('b', { tenantId: 't2', isMounted: false }));
        await keep(store, mailbox('a', { groups: ['g1', 'g"2'] }));
        await keep(store, mailbox('z', { principal: 'new@contoso.com', groups: ['g1'], name: 'y', isMounted: false }));
        expect(await store.list()).toEqual([
          mailbox('z', { principal: 'new@contoso.com', groups: ['g1'], name: 'y', isMounted: false }),
          mailbox('b', { tenantId: 't2', isMounted: false }),
          mailbox('a', { groups: ['g1', 'g"2'] }),
        ]);
      }));

    it('keeps nothing when what is there is not as it must be', () =>
      withStore(async store => {
        await keep(store, mailbox('z'), mailbox('a', { tenantId: 't2' }));
        let seen: readonly KnownMailbox[] = [];
        const record = { tenantId: 't1', mailboxes: [mailbox('b')], rules: ['r'], owners: new Map([['x@y', 'b']]) };
        const onlyIf = (answer: boolean) => (stored: readonly KnownMailbox[]) => {
          seen = stored;
          return answer;
        };
        expect(await store.keep({ ...record, onlyIf: onlyIf(false) })).toBe(false);
        expect(seen).toEqual([mailbox('z'), mailbox('a', { tenantId: 't2' })]);
        const kept = async () => [
          await store.list(),
          [...(await store.answered('t1'))],
          (await store.owners('t1')).size,
        ];
        expect(await kept()).toEqual([seen, [], 0]);
        expect(await store.keep({ ...record, onlyIf: onlyIf(true) })).toBe(true);
        expect(await kept()).toEqual([[...seen, mailbox('b')], ['r'], 1]);
      }));

    it('tells mailboxes of two tenants apart', () =>
      withStore(async store => {
        await keep(store, mailbox('a'), mailbox('a', { tenantId: 't2', name: 'other' }));
        expect((await store.list()).map(each => each.name)).toEqual(['a', 'other']);
      }));

    it('knows the rules that were answered last, by tenant', () =>
      withStore(async store => {
        const answered = async (tenantId: string) => [...(await store.answered(tenantId))].sort();
        await store.keep({ tenantId: 't1', mailboxes: [], rules: ['r1', 'r1'] });
        await store.keep({ tenantId: 't2', mailboxes: [], rules: ['r1', 'r2'] });
        expect([await answered('t1'), await answered('t2'), await answered('t3')]).toEqual([['r1'], ['r1', 'r2'], []]);
        await store.keep({ tenantId: 't1', mailboxes: [], rules: ['r2'] });
        expect([await answered('t1'), await answered('t2')]).toEqual([['r2'], ['r1', 'r2']]);
      }));

    it('knows whose the mailboxes of single mounts were first', () =>
      withStore(async store => {
        const own = (tenantId: string, ...owners: [string, string][]) =>
          store.keep({ tenantId, mailboxes: [], rules: [], owners: new Map(owners) });
        await own('t1', ['ada@x', 'a'], ['bob@x', 'b']);
        await own('t1', ['ada@x', 'other']);
        await own('t2', ['ada@x', 'c']);
        await keep(store, mailbox('z'));
        expect([...(await store.owners('t1'))].sort()).toEqual([
          ['ada@x', 'a'],
          ['bob@x', 'b'],
        ]);
        expect([...(await store.owners('t2'))]).toEqual([['ada@x', 'c']]);
      }));
  });
}
