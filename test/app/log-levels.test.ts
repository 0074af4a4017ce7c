import { describe, expect, it } from 'vitest';
import { createLogLevels } from '../../src/app/log-levels.ts';
import { createLog } from '../../src/lib/log.ts';

/** Time that a test lets pass: a sleep ends once. */
function testClock() {
  let now = 1_000_000;
  const sleeps = new Set<{ until: number; wake: () => void }>();
  return {
    now: () => now,
    sleep: (milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const sleep = { until: now + milliseconds, wake: resolve };
        sleeps.add(sleep);
        signal?.addEventListener('abort', () => {
          sleeps.delete(sleep);
          reject(signal.reason);
        });
      }),
    pass: async (milliseconds: number) => {
      now += milliseconds;
      for (const sleep of [...sleeps].filter(({ until }) => until <= now)) {
        sleeps.delete(sleep);
        sleep.wake();
      }
      // Everything that follows a wake has run by then.
      await new Promise(resolve => setImmediate(resolve));
    },
  };
}

function start() {
  const clock = testClock();
  const log = createLog({ level: 'info', destination: { write: () => {} } });
  const levels = createLogLevels('info', { log, clock });
  return { clock, log, levels };
}

describe('the level of the log', () => {
  it('comes back when the time is over', async () => {
    const { clock, log, levels } = start();
    const told = levels.set({ level: 'debug', seconds: 60 });
    expect(told).toEqual({ level: 'debug', until: new Date(clock.now() + 60_000).toISOString() });
    expect(levels.now()).toEqual(told);
    await clock.pass(59_999);
    expect(log.level).toBe('debug');
    await clock.pass(1);
    expect([log.level, levels.now()]).toEqual(['info', { level: 'info', until: undefined }]);
  });

  it('comes back to what the configuration says by then', async () => {
    const { clock, log, levels } = start();
    levels.set({ level: 'trace', seconds: undefined });
    expect(levels.now()).toEqual({ level: 'trace', until: undefined });
    levels.configured('warn');
    expect(log.level).toBe('warn');
    levels.set({ level: 'debug', seconds: 60 });
    await clock.pass(60_000);
    expect(log.level).toBe('warn');
  });

  it('is the last one that was set: an earlier time does not end it', async () => {
    const { clock, log, levels } = start();
    levels.set({ level: 'trace', seconds: 60 });
    levels.set({ level: 'debug', seconds: 120 });
    await clock.pass(60_000);
    expect(log.level).toBe('debug');
    await clock.pass(60_000);
    expect(log.level).toBe('info');
    levels.set({ level: 'debug', seconds: 60 });
    levels.stop();
    await clock.pass(60_000);
    expect(log.level).toBe('debug');
  });
});
