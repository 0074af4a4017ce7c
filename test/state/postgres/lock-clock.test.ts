import { expect, it } from 'vitest';
import { openDatabase as openPool } from '../../../src/state/postgres/database.ts';
import { createPostgresLockStore } from '../../../src/state/postgres/lock-store.ts';
import { migrate } from '../../../src/state/postgres/migrations.ts';
import { lockAt } from '../../contracts/lock-store.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { openDatabase, POSTGRES } from '../../support/postgres.ts';

const NOW = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const LIMITS = { here: 10, ofUser: 10 };
const NOBODY = { user: 'nobody', tokens: new Set<string>() };

describeWith(POSTGRES, 'locks of servers whose clocks differ', () => {
  it.each([5, -5])('end at one moment for all, also with a clock that is %i minutes ahead', async minutes => {
    await using database = await openDatabase();
    await migrate({ url: database.url });
    const pool = openPool({ url: database.url, connections: 2 });
    const serverAhead = (aheadMs: number) => ({
      at: (ms: number) => NOW + ms + aheadMs,
      store: createPostgresLockStore(pool, {
        ...{ id: 's', hasLease: () => true, lost: new AbortController().signal, clockOffsetMs: -aheadMs },
        ...{ tell: async () => {}, on: () => () => {} },
      }),
    });
    const [right, wrong] = [serverAhead(0), serverAhead(minutes * MINUTE_MS)];
    for (const [one, other] of [
      [right, wrong],
      [wrong, right],
    ] as const) {
      const place = [one === right ? 'a' : 'b'];
      const { token, ...wish } = lockAt(place, { expires: one.at(MINUTE_MS) });
      const limited = { limits: LIMITS };
      expect(await one.store.lock({ ...wish, token }, { now: one.at(0), ...limited })).toMatchObject({
        kind: 'granted',
      });
      const shown = (ms: number) => other.store.discover(place, { now: other.at(ms), members: false });
      expect(await shown(MINUTE_MS - 1)).toMatchObject([{ expires: other.at(MINUTE_MS) }]);
      const inTheWay = { lock: { token } };
      const asked = { place, reach: 'entry' as const };
      const claim = { holder: NOBODY, now: other.at(MINUTE_MS - 1), places: [place] };
      expect(await other.store.begin([asked], claim)).toMatchObject(inTheWay);
      expect(await other.store.check([asked], claim)).toMatchObject(inTheWay);
      const again = lockAt(place, { token: 'other', expires: other.at(MINUTE_MS) });
      const conflict = { lock: { token, expires: other.at(MINUTE_MS) } };
      expect(await other.store.lock(again, { now: other.at(1), ...limited })).toMatchObject(conflict);
      expect(await shown(MINUTE_MS)).toEqual([]);
      const extended = await other.store.refresh(token, { now: other.at(1), timeoutSeconds: 90 });
      expect(extended).toMatchObject({ expires: other.at(90_001) });
      const seen = await one.store.discover(place, { now: one.at(90_000), members: false });
      expect(seen).toMatchObject([{ expires: one.at(90_001) }]);
      expect(await other.store.unlock(token, { now: other.at(90_001), place, user: 'ada' })).toBe('unknown');
      expect(await other.store.unlock(token, { now: other.at(90_000), place, user: 'ada' })).toBe('ended');
    }
    await Promise.all([right.store.close(), wrong.store.close()]);
    await pool.close();
  });
});
