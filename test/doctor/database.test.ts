import { expect, it } from 'vitest';
import { databaseCheck } from '../../src/doctor/database.ts';
import { lookAtDatabase } from '../../src/state/postgres/look-at-database.ts';
import { mailbox } from '../contracts/mailbox-store.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { withServers } from '../support/postgres-servers.ts';

const examine = async (url: string) => {
  const look = await lookAtDatabase({ url });
  const [finding] = await databaseCheck(() => look).run(new AbortController().signal);
  return finding!;
};

describeWith(POSTGRES, 'the check of the database', () => {
  it('sees that it answers, that a newer release has it, and that nobody answers', () =>
    withServers(1, async (_, database) => {
      const ok = await examine(database.url);
      expect([ok.level, ok.saw]).toEqual(['ok', expect.stringContaining(database.name)]);
      await database.query('UPDATE state_version SET version = version + 1');
      expect(await examine(database.url)).toMatchObject({ level: 'failure', saw: expect.stringContaining('a newer') });
      await database.query('UPDATE state_version SET version = version - 1');
      const wrong = await examine(`${database.url}_not_there`);
      expect([wrong.level, wrong.saw]).toEqual(['failure', expect.stringContaining('does not exist')]);
      const away = await examine('postgres://u@127.0.0.1:1/x');
      expect([away.level, away.saw]).toEqual(['failure', expect.stringContaining('ECONNREFUSED')]);
    }));

  it('commands know from it what the servers have found', () =>
    withServers(1, async ([server], database) => {
      await server!.driveIds.set({ tenantId: 't1', mailbox: 'ada' }, 'drive');
      await server!.mailboxes.keep({ tenantId: 't1', mailboxes: [mailbox('b'), mailbox('a')] });
      const look = await lookAtDatabase({ url: database.url });
      expect(look.driveId({ tenantId: 't1', mailbox: 'ada' })).toBe('drive');
      expect(look.driveId({ tenantId: 't2', mailbox: 'ada' })).toBeUndefined();
      expect(look.mailboxes()).toEqual([mailbox('b'), mailbox('a')]);
    }));
});
