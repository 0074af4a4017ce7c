import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { openSetupBench, type SetupBench, UNCONSENTED } from '../support/setup-bench.ts';

const GRANTED = { roles: ['Files.ReadWrite.All'] };
/**
 * How long setup sleeps: a second of the countdown, between looks for consent that was given elsewhere, between new
 * tokens after consent.
 */
const [SECOND, LOOK, RETRY] = [1_000, 10_000, 3_000];

let bench: SetupBench;

beforeEach(async () => {
  bench = await openSetupBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const options = async () => ({ ...(await bench.known()), mount: ['ada@contoso.com'] });
const tokens = () => bench.emulator.calls.filter(({ operation }) => operation === 'token').length;

/** Time that passes at once where `onSleep` takes the sleep, and for real elsewhere; the countdown never ends. */
function clockWith(onSleep: (milliseconds: number) => boolean, now = () => Date.now()): Clock {
  return {
    now,
    sleep: (milliseconds, signal) => {
      if (onSleep(milliseconds)) {
        // Not at once: a wait that never ends must not keep the test's own timeout from coming.
        return new Promise(resolve => setImmediate(resolve));
      }
      return milliseconds === SECOND
        ? new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        : systemClock.sleep(milliseconds, signal);
    },
  };
}

describe('setup, waiting', () => {
  beforeEach(() => bench.emulator.setApplication(UNCONSENTED));

  it('notices consent that was given where nobody comes back from', async () => {
    let looks = 0;
    const clock = clockWith(milliseconds => {
      looks += Number(milliseconds === LOOK);
      bench.emulator.setApplication(looks === 3 ? GRANTED : {});
      return milliseconds === LOOK;
    });
    await bench.run({ options: await options(), clock });
    expect([looks, bench.told]).toEqual([3, expect.arrayContaining(['Consent was granted elsewhere.'])]);
  });

  it('goes on while Microsoft cannot be asked', async () => {
    let looks = 0;
    const clock = clockWith(milliseconds => {
      looks += Number(milliseconds === LOOK);
      bench.emulator.setFault(
        looks === 1 ? operation => (operation === 'token' ? { status: 503 } : undefined) : undefined,
      );
      bench.emulator.setApplication(looks === 2 ? GRANTED : {});
      return milliseconds === LOOK;
    });
    await bench.run({ options: await options(), clock });
    expect(bench.told).toContain('Consent was granted elsewhere.');
  });

  it('tries new tokens until they show the consent', async () => {
    bench.emulator.setApplication({ requiredRoles: [] });
    let retries = 0;
    const clock = clockWith(milliseconds => {
      retries += Number(milliseconds === RETRY);
      bench.emulator.setApplication(retries === 2 ? GRANTED : {});
      return milliseconds === RETRY;
    });
    await bench.run({ options: await options(), clock, browse: bench.accept });
    expect(retries).toBe(2);
    expect(bench.shown).toContain('consent is granted; waiting until new tokens show it');
  });

  it('ends after two minutes when they never do', async () => {
    bench.emulator.setApplication({ requiredRoles: [] });
    let passed = 0;
    const clock = clockWith(
      milliseconds => {
        passed += milliseconds === RETRY ? RETRY : 0;
        return milliseconds === RETRY;
      },
      () => passed,
    );
    const { message } = await bench.failure({ options: await options(), clock, browse: bench.accept });
    expect(message).toMatch(/has no permission at all, which is too little/);
    expect([passed, tokens() > 40]).toEqual([120_000, true]);
  });

  describe('for tokens that show role by role', () => {
    /** The roles of new tokens, retry by retry; the last ones stay. */
    async function showing(steps: readonly (readonly string[])[]) {
      bench.emulator.setApplication({ requiredRoles: [] });
      let passed = 0;
      const clock = clockWith(
        milliseconds => {
          if (milliseconds === RETRY) {
            passed += RETRY;
            bench.emulator.setApplication({ roles: [...steps[Math.min(passed / RETRY, steps.length) - 1]!] });
          }
          return milliseconds === RETRY;
        },
        () => passed,
      );
      const run = bench.run({ options: await options(), clock, browse: bench.accept });
      const message = await run.then(
        () => 'went on',
        (error: Error) => error.message,
      );
      return { message, passed };
    }

    it('goes on once all have come', async () => {
      const steps = [...Array(6).fill(['User.Read.All']), ...Array(6).fill(['GroupMember.Read.All', 'User.Read.All'])];
      const { message, passed } = await showing([...steps, GRANTED.roles]);
      expect([message, passed]).toEqual(['went on', 13 * RETRY]);
    });

    it('ends twenty seconds after the last one when that is too little', async () => {
      const { message, passed } = await showing([['User.Read.All'], ['Sites.Read.All', 'User.Read.All']]);
      expect(message).toMatch(/has only Sites\.Read\.All, User\.Read\.All, which is too little/);
      // Seen at 6 s; the first look that is 20 s later.
      expect(passed).toBe(27_000);
    });
  });

  it('is up at its end, and tells what to look for', async () => {
    let passed = 0;
    const clock = clockWith(
      milliseconds => {
        passed += milliseconds === SECOND ? SECOND : 0;
        return milliseconds === SECOND;
      },
      () => passed,
    );
    const { message } = await bench.failure({ options: await options(), clock });
    expect(message).toMatch(/nobody has come back from the consent page within 600 s[\s\S]*AADSTS50011/);
    expect(bench.shown.filter(text => text.startsWith('waiting for consent'))).toHaveLength(600);
    expect(bench.shown.at(-1)).toMatch(/^waiting for consent, 0:01 left/);
  });
});
