import { describe, expect, it } from 'vitest';
import type { KnownMailbox, MailboxStore } from '../../src/state/mailbox-store.ts';

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
export function describeMailboxStore(
  name: string,
  withStore: (use: (store: MailboxStore) => void) => Promise<void>,
): void {
  describe(`${name} keeps the mailbox store contract`, () => {
    const keep = (store: MailboxStore, ...mailboxes: KnownMailbox[]) =>
      store.keep({ tenantId: 't1', mailboxes, rules: [] });

    it('lists what was kept, in the order in which it first came', () =>
      withStore(store => {
        expect(store.list()).toEqual([]);
        keep(store, mailbox('z'), mailbox('b', { tenantId: 't2', isMounted: false }));
        keep(store, mailbox('a', { groups: ['g1', 'g"2'] }));
        keep(store, mailbox('z', { principal: 'new@contoso.com', groups: ['g1'], name: 'y', isMounted: false }));
        expect(store.list()).toEqual([
          mailbox('z', { principal: 'new@contoso.com', groups: ['g1'], name: 'y', isMounted: false }),
          mailbox('b', { tenantId: 't2', isMounted: false }),
          mailbox('a', { groups: ['g1', 'g"2'] }),
        ]);
      }));

    it('tells mailboxes of two tenants apart', () =>
      withStore(store => {
        keep(store, mailbox('a'), mailbox('a', { tenantId: 't2', name: 'other' }));
        expect(store.list().map(each => each.name)).toEqual(['a', 'other']);
      }));

    it('knows the rules that were answered last, by tenant', () =>
      withStore(store => {
        const answered = (tenantId: string) => ['r1', 'r2'].filter(rule => store.isAnswered(tenantId, rule));
        store.keep({ tenantId: 't1', mailboxes: [], rules: ['r1', 'r1'] });
        store.keep({ tenantId: 't2', mailboxes: [], rules: ['r1', 'r2'] });
        expect([answered('t1'), answered('t2'), answered('t3')]).toEqual([['r1'], ['r1', 'r2'], []]);
        store.keep({ tenantId: 't1', mailboxes: [], rules: ['r2'] });
        expect([answered('t1'), answered('t2')]).toEqual([['r2'], ['r1', 'r2']]);
      }));

    it('knows whose the mailboxes of single mounts were first', () =>
      withStore(store => {
        const own = (tenantId: string, ...owners: [string, string][]) =>
          store.keep({ tenantId, mailboxes: [], rules: [], owners: new Map(owners) });
        own('t1', ['ada@x', 'a'], ['bob@x', 'b']);
        own('t1', ['ada@x', 'other']);
        own('t2', ['ada@x', 'c']);
        keep(store, mailbox('z'));
        expect([...store.owners('t1')].sort()).toEqual([
          ['ada@x', 'a'],
          ['bob@x', 'b'],
        ]);
        expect([...store.owners('t2')]).toEqual([['ada@x', 'c']]);
      }));
  });
}
