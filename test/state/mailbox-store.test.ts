import { expect, it } from 'vitest';
import { describeMailboxStore, mailbox } from '../contracts/mailbox-store.ts';
import { ENGINES } from '../support/state-engines.ts';
import { withRestarts } from './sqlite/temp-state.ts';

for (const engine of ENGINES) {
  describeMailboxStore(engine);
}

it('found mailboxes survive a restart, with the order in which they came and the rules that found them', () => {
  const found = [mailbox('b', { groups: ['g'] }), mailbox('a', { isMounted: false })];
  return withRestarts(
    ({ mailboxes }) => mailboxes.keep({ tenantId: 't1', mailboxes: found, rules: ['r'] }),
    async ({ mailboxes }) => {
      expect(await mailboxes.list()).toEqual(found);
      expect([...(await mailboxes.answered('t1'))]).toEqual(['r']);
    },
  );
});

it('a record that cannot be kept as a whole is not kept at all', () =>
  withRestarts(async ({ mailboxes }) => {
    const broken = mailbox('b', { name: null as unknown as string });
    await expect(mailboxes.keep({ tenantId: 't1', mailboxes: [mailbox('a'), broken], rules: ['r'] })).rejects.toThrow();
    expect([await mailboxes.list(), [...(await mailboxes.answered('t1'))]]).toEqual([[], []]);
  }));
