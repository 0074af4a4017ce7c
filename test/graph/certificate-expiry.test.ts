import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expiryWarning, watchExpiry } from '../../src/graph/certificate-expiry.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.parse('2026-11-01T12:00:00Z');
const inDays = (days: number) => new Date(NOW + days * DAY_MS);

describe('expiryWarning', () => {
  it.each([
    [365, undefined],
    [30, undefined],
    [29.9, /expires in 29 days \(2026-12-01\): upload a new one/],
    [1, /expires in 1 days? \(2026-11-02\)/],
    [0.5, /expires within a day \(2026-11-02\)/],
    [-0.1, /has expired \(2026-11-01\)/],
    [-400, /has expired \(2025-09-27\)/],
  ])('of %d days says %s', (days, message) => {
    const warning = expiryWarning(inDays(days), NOW);
    expect(warning).toEqual(message === undefined ? undefined : expect.stringMatching(message));
  });
});

describe('watchExpiry', () => {
  const warnings: string[] = [];
  const watch = (days: number) =>
    watchExpiry(inDays(days), {
      clock: { now: Date.now, sleep: async () => {} },
      warn: message => void warnings.push(message),
    });

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    warnings.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('warns at once, on each day after, and no more when it is ended', () => {
    const end = watch(2.5);
    expect(warnings).toEqual([expect.stringContaining('in 2 days')]);
    vi.advanceTimersByTime(3 * DAY_MS);
    expect(warnings).toEqual(
      ['in 2 days', 'in 1 day', 'within a day', 'has expired'].map(text => expect.stringContaining(text)),
    );
    end();
    vi.advanceTimersByTime(3 * DAY_MS);
    expect(warnings).toHaveLength(4);
  });

  it('says nothing until thirty days are left', () => {
    const end = watch(31.5);
    vi.advanceTimersByTime(DAY_MS);
    expect(warnings).toEqual([]);
    vi.advanceTimersByTime(DAY_MS);
    expect(warnings).toHaveLength(1);
    end();
  });

  it('keeps no process alive', () => {
    vi.useRealTimers();
    const before = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
    const end = watch(365);
    // Timers that keep a process alive are listed, others are not.
    expect(process.getActiveResourcesInfo().filter(name => name === 'Timeout').length).toBeLessThanOrEqual(before);
    end();
  });
});
