import { describe, expect, it } from 'vitest';
import { Attempts } from '../../src/auth/attempts.ts';
import { createAuthenticator } from '../../src/auth/authenticate.ts';
import { rightsTo } from '../../src/mounts/rights.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('Attempts', () => {
  it('lets ten failures pass, then doubles the wait up to five minutes', () => {
    const clock = fakeClock();
    const attempts = new Attempts(clock);
    const waits = Array.from({ length: 20 }, () => {
      attempts.failed('source');
      return attempts.waitSeconds('source');
    });
    expect(waits).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300]);
    clock.advance(299_001);
    expect(attempts.waitSeconds('source')).toBe(1);
    clock.advance(999);
    expect(attempts.waitSeconds('source')).toBe(0);
  });

  it('forgets failures after a success', () => {
    const attempts = new Attempts(fakeClock());
    for (let failure = 0; failure < 12; failure += 1) {
      attempts.failed('source');
    }
    attempts.succeeded('source');
    attempts.failed('source');
    expect(attempts.waitSeconds('source')).toBe(0);
  });
});

describe('createAuthenticator under many requests at once', () => {
  function counting(answer: boolean) {
    let running = 0;
    const seen = { calls: 0, peak: 0 };
    const authenticate = createAuthenticator({
      users: [{ name: 'ada', passwordHash: PASSWORD_HASH, rights: rightsTo('*', 'write') }],
      cacheSeconds: 300,
      clock: fakeClock(),
      verify: async () => {
        seen.calls += 1;
        running += 1;
        seen.peak = Math.max(seen.peak, running);
        await new Promise(resolve => setImmediate(resolve));
        running -= 1;
        return answer;
      },
    });
    return { authenticate, seen };
  }

  it('checks no more guesses sent side by side than guesses sent in turn', async () => {
    const { authenticate, seen } = counting(false);
    const guesses = Array.from({ length: 60 }, (_, guess) => authenticate(basic(`ada:${guess}`), 'attacker'));
    const verdicts = await Promise.all(guesses);
    expect(seen.calls).toBe(10);
    expect(verdicts.filter(verdict => 'refused' in verdict && verdict.refused === 'blocked')).toHaveLength(50);
  });

  it('lets in a client that opens many connections at once with the right password', async () => {
    const { authenticate, seen } = counting(true);
    const verdicts = await Promise.all(Array.from({ length: 60 }, () => authenticate(basic('ada:right'), 'a')));
    expect(verdicts.every(verdict => 'user' in verdict)).toBe(true);
    expect(seen.calls).toBe(1);
  });

  it('hashes at most two passwords at a time, newcomers included', async () => {
    const { authenticate, seen } = counting(false);
    const guessLater = async (source: number) => {
      await authenticate(basic(`ada:${source}`), `first ${source}`);
      await authenticate(basic(`ada:${source}`), `second ${source}`);
    };
    await Promise.all(Array.from({ length: 30 }, (_, source) => guessLater(source)));
    expect(seen).toEqual({ calls: 60, peak: 2 });
  });
});
