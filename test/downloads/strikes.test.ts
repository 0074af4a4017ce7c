import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type Asking, Strikes } from '../../src/downloads/strikes.ts';
import { fakeClock } from '../support/fake-clock.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const asking = (changes: Partial<Asking> = {}): Asking => ({
  client: 'ada with curl',
  bytes: 'film, whole',
  ...changes,
});

function watched() {
  const clock = fakeClock();
  const strikes = new Strikes(clock);
  /** Redirects that come one after the other; true where the client loses its redirects. */
  const redirects = (pauseMs: number, ...all: Asking[]) =>
    all.map(each => {
      clock.advance(pauseMs);
      return strikes.redirected(each);
    });
  return { clock, strikes, redirects };
}

describe('a client that comes back for a file after its redirect', () => {
  it('loses its redirects at the third time within five seconds each', () => {
    const { strikes, redirects } = watched();
    expect(redirects(4.9 * SECOND, asking(), asking(), asking())).toEqual([false, false, true]);
    expect(strikes.hasFailed(asking({ bytes: 'anything else' }))).toBe(true);
  });

  it('may come back as often as it likes when it takes its time', () => {
    const { strikes, redirects } = watched();
    expect(redirects(5 * SECOND, asking(), asking(), asking(), asking())).not.toContain(true);
    expect(strikes.hasFailed(asking())).toBe(false);
  });

  it('begins anew after a pause: two clicks now and two later are no four', () => {
    const { clock, redirects } = watched();
    redirects(SECOND, asking(), asking());
    clock.advance(5 * SECOND);
    expect(redirects(SECOND, asking(), asking())).toEqual([false, false]);
  });

  it('is not one that reads other parts or other files', () => {
    const { redirects } = watched();
    const parts = Array.from({ length: 20 }, (_, index) => asking({ bytes: `part ${index}` }));
    expect(redirects(0, ...parts)).not.toContain(true);
  });

  it('is told from others that ask for the same', () => {
    const { strikes, redirects } = watched();
    const other = asking({ client: 'ada with rclone' });
    expect(redirects(0, asking(), other, asking(), other, asking())).toEqual([false, false, false, false, true]);
    expect([strikes.hasFailed(asking()), strikes.hasFailed(other)]).toEqual([true, false]);
  });

  it('is known as one at once, for these bytes and these five seconds', () => {
    const { clock, strikes, redirects } = watched();
    expect(strikes.hasComeBack(asking())).toBe(false);
    redirects(0, asking());
    clock.advance(4.9 * SECOND);
    expect(
      [asking(), asking({ bytes: 'other' }), asking({ client: 'bob' })].map(each => strikes.hasComeBack(each)),
    ).toEqual([true, false, false]);
    clock.advance(0.1 * SECOND);
    expect(strikes.hasComeBack(asking())).toBe(false);
  });

  it('keeps its redirects where a policy of that name gives them, and is known as one all the same', () => {
    const { strikes } = watched();
    for (let round = 0; round < 5; round += 1) {
      expect(strikes.redirected(asking(), { keeps: true })).toBe(false);
      expect(strikes.hasComeBack(asking())).toBe(true);
    }
    expect(strikes.hasFailed(asking())).toBe(false);
  });

  it('is redirected again after an hour, with a clean slate', () => {
    const { clock, strikes, redirects } = watched();
    redirects(0, asking(), asking(), asking());
    clock.advance(HOUR - 1);
    expect(strikes.hasFailed(asking())).toBe(true);
    clock.advance(1);
    expect(strikes.hasFailed(asking())).toBe(false);
    expect(redirects(0, asking(), asking(), asking())).toEqual([false, false, true]);
  });
});

describe('the memory of strikes', () => {
  it('is small, however long the headers of clients are', () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const { strikes, redirects } = watched();
    const before = heap();
    for (let index = 0; index < 2_000; index += 1) {
      const long = asking({ client: `ada with ${'x'.repeat(8_000)}${index}`, bytes: `${'y'.repeat(8_000)}${index}` });
      expect(redirects(0, long, long, long)).toEqual([false, false, true]);
      expect(redirects(0, { ...long, bytes: `${index}${long.bytes}` })).toEqual([false]);
    }
    expect(heap() - before).toBeLessThan(8 * 1024 ** 2);
    expect(strikes.hasFailed(asking())).toBe(false);
  });
});
