import { expect, it } from 'vitest';
import { openDatabase as openPool } from '../../../src/state/postgres/database.ts';
import { createPostgresLockStore } from '../../../src/state/postgres/lock-store.ts';
import { migrate } from '../../../src/state/postgres/migrations.ts';
import { lockAt } from '../../contracts/lock-store.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { openDatabase, POSTGRES } from '../../support/postgres.ts';
import { startTcpCut } from './tcp-cut.ts';

describeWith(POSTGRES, 'steps about locks', () => {
  it('cost two round trips to the database, and the end of a change one', async () => {
    await using database = await openDatabase();
    await migrate({ url: database.url });
    await using way = await startTcpCut(database.url);
    const pool = openPool({ url: way.url, connections: 1 });
    const alive = { id: 's', hasLease: () => true, lost: new AbortController().signal, clockOffsetMs: 0 };
    const locks = createPostgresLockStore(pool, { ...alive, tell: async () => {}, on: () => () => {} });
    const now = 1_000;
    const cost = async <T>(ask: () => Promise<T>): Promise<[number, T]> => {
      const before = way.roundTrips();
      const answer = await ask();
      return [way.roundTrips() - before, answer];
    };
    const lock = (token: string) =>
      locks.lock(lockAt(['m', 'file'], { token, user: 'u', expires: now + 1_000 }), {
        now,
        limits: { here: 10, ofUser: 10 },
      });
    const begin = (name: string) =>
      locks.begin([{ place: ['m', name], reach: 'entry' as const }], {
        ...{ holder: { user: 'v', tokens: new Set<string>() }, now, places: [['m', name]] },
      });
    await begin('warm');
    const [begun, claim] = await cost(() => begin('other'));
    expect([begun, 'end' in claim]).toEqual([2, true]);
    expect(await cost(() => (claim as { end(): Promise<void> }).end())).toEqual([1, undefined]);
    expect(await cost(() => lock('one'))).toEqual([2, { kind: 'granted', underWay: false }]);
    expect(await cost(() => lock('two'))).toEqual([2, { kind: 'conflict', lock: expect.anything() }]);
    expect(await cost(() => begin('file'))).toEqual([2, expect.objectContaining({ lock: expect.anything() })]);
    const place = ['m', 'file'];
    expect(await cost(() => locks.unlock('one', { now, place, user: 'u' }))).toEqual([2, 'ended']);
    await locks.close();
    await pool.close();
  });
});
