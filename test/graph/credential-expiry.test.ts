import { describe, expect, it, onTestFinished } from 'vitest';
import type { CallGraph } from '../../src/graph/client.ts';
import { type ExpiringCredential, expiryWarning, watchExpiry } from '../../src/graph/credential-expiry.ts';
import { GraphError } from '../../src/graph/errors.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Secret } from '../../src/lib/secret.ts';
import { waitingClock } from '../support/waiting-clock.ts';

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

  it('says which of the two it is', () => {
    expect(expiryWarning(inDays(1), NOW, 'certificate')).toMatch(/^the certificate of tenant.certificateFile expires/);
    expect(expiryWarning(inDays(1), NOW, 'secret')).toMatch(
      /^the client secret of tenant.clientSecret expires.*create/,
    );
  });
});

const certificate = (days: number): ExpiringCredential => ({
  kind: 'certificate',
  clientId: 'c',
  pem: new Secret(''),
  expires: inDays(days),
});
const SECRET: ExpiringCredential = { kind: 'secret', clientId: 'c', secret: new Secret('abc~rest') };
const never: CallGraph = () => Promise.reject(new Error('nobody is asked'));

/** A watch that has begun, and what it has said. */
function watch(credential: ExpiringCredential, call: CallGraph = never) {
  const clock = waitingClock(NOW);
  const warnings: string[] = [];
  const told: string[] = [];
  const repeating = watchExpiry({
    credential,
    call,
    clock,
    warn: message => void warnings.push(message),
    tell: ends => void told.push(ends.toISOString().slice(0, 10)),
  });
  repeating?.start();
  onTestFinished(() => repeating?.stop());
  return { clock, warnings, told, repeating };
}

describe('watchExpiry', () => {
  it('of a certificate warns at once, on each day after, and no more when it is ended', async () => {
    const { clock, warnings, told, repeating } = watch(certificate(2.5));
    expect(warnings).toEqual([expect.stringContaining('in 2 days')]);
    await clock.waiting(1);
    for (let day = 0; day < 3; day += 1) {
      await clock.pass(DAY_MS);
    }
    expect(warnings).toEqual(
      ['in 2 days', 'in 1 day', 'within a day', 'has expired'].map(text => expect.stringContaining(text)),
    );
    expect(told).toEqual(Array(4).fill('2026-11-04'));
    await repeating!.stop();
    await clock.pass(3 * DAY_MS);
    expect(warnings).toHaveLength(4);
  });

  it('says nothing until thirty days are left, but always tells the end', async () => {
    const { clock, warnings, told } = watch(certificate(31.5));
    await clock.waiting(1);
    await clock.pass(DAY_MS);
    expect([warnings.length, told.length]).toEqual([0, 2]);
    await clock.pass(DAY_MS);
    expect(warnings).toHaveLength(1);
  });

  it('keeps no process alive', async () => {
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
    const before = timers();
    const options = { credential: certificate(365), call: never, warn: () => {}, tell: () => {} };
    const repeating = watchExpiry({ ...options, clock: systemClock })!;
    repeating.start();
    await new Promise(resolve => setImmediate(resolve));
    // Timers that keep a process alive are listed, others are not.
    expect(timers()).toBeLessThanOrEqual(before);
    await repeating.stop();
  });

  it('does not exist for a credential that needs no renewal', () => {
    expect(watch({ kind: 'managed-identity', clientId: undefined }).repeating).toBeUndefined();
  });
});

describe('watchExpiry of a secret', () => {
  const secrets = (...credentials: { hint?: string | null; days: number }[]) => ({
    passwordCredentials: credentials.map(({ hint, days }) => ({ hint, endDateTime: inDays(days).toISOString() })),
  });
  const answers = (json: unknown) => async () => ({ status: 200, headers: new Headers(), json });

  it('asks Graph a minute after the start, and then once a day', async () => {
    const asked: string[] = [];
    const { clock, warnings, told } = watch(SECRET, async ({ path }) => {
      asked.push(path);
      return answers(secrets({ hint: 'xyz', days: 1 }, { hint: 'abc', days: 20.5 }))();
    });
    await clock.waiting(1);
    expect(asked).toEqual([]);
    await clock.pass(60_000);
    expect(asked).toEqual(["/applications(appId='c')?$select=passwordCredentials"]);
    expect(warnings).toEqual([expect.stringContaining('secret of tenant.clientSecret expires in 20 days')]);
    await clock.pass(DAY_MS);
    expect([asked.length, warnings.length, told]).toEqual([2, 2, ['2026-11-22', '2026-11-22']]);
  });

  it('takes none that has ended for the one that works, when several begin alike', async () => {
    const { clock, warnings, told } = watch(SECRET, answers(secrets({ days: -10 }, { hint: 'abc', days: 90 })));
    await clock.waiting(1);
    await clock.pass(60_000);
    expect([warnings, told]).toEqual([[], []]);
  });

  it.each([403, 404])('is silent when Graph answers %d, and asks again on the next day', async status => {
    let count = 0;
    const { clock, warnings, told } = watch(SECRET, async () => {
      count += 1;
      throw new GraphError('answer', 'no', { status });
    });
    await clock.waiting(1);
    await clock.pass(60_000);
    await clock.pass(DAY_MS - 1);
    expect([warnings, told, count]).toEqual([[], [], 1]);
    await clock.pass(1);
    expect(count).toBe(2);
  });

  it('asks again after an hour when Graph fails', async () => {
    let count = 0;
    const { clock, told } = watch(SECRET, async () => {
      count += 1;
      if (count === 1) {
        throw new GraphError('answer', 'busy', { status: 503 });
      }
      return answers(secrets({ hint: 'abc', days: 90 }))();
    });
    await clock.waiting(1);
    await clock.pass(60_000);
    expect(told).toEqual([]);
    await clock.pass(60 * 60 * 1000);
    expect(told).toHaveLength(1);
  });
});
