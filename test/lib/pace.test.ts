import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Pace } from '../../src/lib/pace.ts';
import { fakeClock } from '../support/fake-clock.ts';

const live = new AbortController().signal;

it('grants the burst at once, and the rest at its rate', async () => {
  const clock = fakeClock();
  const pace = new Pace({ perSecond: 100, burst: 50, clock });
  const began = clock.now();
  const at: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    await pace.take(50, live);
    at.push(clock.now() - began);
  }
  expect(at).toEqual([0, 500, 1_000, 1_500]);
  clock.advance(60_000);
  // A pause saves up a burst, and no more.
  expect([pace.reserve(50), pace.reserve(50)]).toEqual([0, 500]);
});

it('never grants more than its rate and one burst, however it is asked', () => {
  const asks = fc.array(fc.record({ pause: fc.nat(3_000), amount: fc.integer({ min: 1, max: 300 }) }), {
    minLength: 1,
    maxLength: 50,
  });
  fc.assert(
    fc.property(asks, list => {
      const clock = fakeClock();
      const pace = new Pace({ perSecond: 100, burst: 200, clock });
      const began = clock.now();
      let sum = 0;
      for (const { pause, amount } of list) {
        clock.advance(pause);
        sum += amount;
        const done = clock.now() + pace.reserve(amount);
        expect(sum).toBeLessThanOrEqual(200 + ((done - began) / 1000) * 100 + 1e-6);
      }
    }),
  );
});

it('ends with the signal of the one who waits', async () => {
  const pace = new Pace({ perSecond: 1, burst: 1, clock: fakeClock() });
  await pace.take(1, live);
  await expect(pace.take(1, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
});
