import { expect, it } from 'vitest';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { startLoad } from '../support/restarts.ts';
import { openRolling } from '../support/rolling.ts';

/** Rounds of the load before and after; in each of them a client writes, reads and lists. */
const ROUNDS = 3;

describeWith(POSTGRES, 'three servers that are restarted one after another', () => {
  // `npm run restarts -- 10 rolling` does it often, with more clients.
  it('refuse nothing, fail nothing and lose nothing', async () => {
    await using mode = await openRolling();
    const load = startLoad(mode.url, { keepsAlive: true, clients: 1 });
    await load.rounds(ROUNDS);
    await mode.restart();
    await load.rounds(ROUNDS);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.counts).toMatchObject({ refused: 0, torn: 0, failed: 0, lost: 0 });
    expect(load.counts.requests).toBeGreaterThan(6 * ROUNDS);
    expect(mode.emulator.openUploadSessions()).toBe(0);
    expect(mode.emulator.violations).toEqual([]);
  }, 300_000);
});
