import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KillBench, openKillBench } from './kill.ts';

const KILLS = Number(process.env.KILLS ?? 3);

describe.each(['SIGKILL', 'SIGTERM'] as const)('%s in the middle of the work', signal => {
  let bench: KillBench;
  beforeAll(async () => {
    bench = await openKillBench();
  });
  afterAll(() => bench?.stop());

  it(`${KILLS} times: nothing lost, nothing torn, no name gone, nothing left over`, {
    timeout: 60_000 + KILLS * 10_000,
  }, async () => {
    const wrong: string[] = [];
    let changes = 0;
    for (let round = 0; round < KILLS; round += 1) {
      const result = await bench.round(signal, 3 + ((round * 7) % 40), round + 1);
      changes += result.changes;
      wrong.push(...result.wrong.map(line => `round ${round}: ${line}`));
    }
    console.log(`${signal}: ${KILLS} rounds, ${changes} changes`);
    expect(wrong).toEqual([]);
  });
});
