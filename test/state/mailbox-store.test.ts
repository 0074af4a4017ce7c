import { expect, it } from 'vitest';
import { createMemoryMailboxStore } from '../../src/state/mailbox-store.ts';
import { describeMailboxStore, mailbox } from '../contracts/mailbox-store.ts';
import { withRestarts } from './temp-state.ts';

describeMailboxStore('the memory store', async use => use(createMemoryMailboxStore()));
describeMailboxStore('the SQLite store', use => withRestarts(state => use(state.mailboxes)));

it('found mailboxes survive a restart, with the order in which they came and the rules that found them', () => {
  const found = [mailbox('b', { groups: ['g'] }), mailbox('a', { isMounted: false })];
  return withRestarts(
    ({ mailboxes }) => mailboxes.keep({ tenantId: 't1', mailboxes: found, rules: ['r'] }),
    ({ mailboxes }) => {
      expect(mailboxes.list()).toEqual(found);
      expect(mailboxes.isAnswered('t1', 'r')).toBe(true);
    },
  );
});

it('what cannot be kept as a whole is not kept at all', () =>
  withRestarts(({ mailboxes }) => {
    const broken = mailbox('b', { name: null as unknown as string });
    expect(() => mailboxes.keep({ tenantId: 't1', mailboxes: [mailbox('a'), broken], rules: ['r'] })).toThrow();
    expect([mailboxes.list(), mailboxes.isAnswered('t1', 'r')]).toEqual([[], false]);
  }));
