import { describe, expect, it } from 'vitest';
import { GraphReach } from '../../src/app/graph-reach.ts';
import type { ObservedTry } from '../../src/graph/observer.ts';

const tried = (change: Partial<ObservedTry>): ObservedTry => ({
  ...{ operation: 'GET /drives/{id}', status: 200, isAborted: false, seconds: 0, headers: {} },
  ...change,
});

/** What is known after these tries, one each three seconds. */
function verdicts(...tries: readonly Partial<ObservedTry>[]): (boolean | undefined)[] {
  const reach = new GraphReach();
  return tries.map((change, index) => reach.note(tried(change), index * 3_000));
}

const times = (count: number, change: Partial<ObservedTry>) => Array.from({ length: count }, () => change);

describe('whether Graph can be reached', () => {
  it.each([0, 500, 502, 503, 504])(
    'is denied by five tries in a row with status %d, and granted by one answer',
    status => {
      const found = verdicts(...times(6, { status }), { status: 200 });
      expect(found).toEqual([undefined, undefined, undefined, undefined, false, false, true]);
    },
  );

  it('is not denied by the tries of one request, which come at once', () => {
    const reach = new GraphReach();
    const found = times(20, { status: 503 }).map((change, index) => reach.note(tried(change), index * 500));
    expect(found).toEqual(Array(20).fill(undefined));
  });

  it.each([200, 401, 403, 404, 409, 429, 501, 507])('is granted by any answer to one request: %d', status => {
    expect(verdicts(...times(4, { status: 502 }), { status }, ...times(4, { status: 502 }))).toEqual([
      ...Array(4).fill(undefined),
      true,
      ...Array(4).fill(undefined),
    ]);
  });

  it.each([
    ['a caller who has gone', { status: 0, isAborted: true }],
    ['a wait that Microsoft asks for', { status: 503, headers: { 'retry-after': '30' } }],
    ['another host', { status: 0, operation: 'content download' }],
    ['the token host', { status: 503, operation: 'token' }],
  ])('is neither granted nor denied by %s', (_, change) => {
    expect(verdicts(...times(8, change))).toEqual(Array(8).fill(undefined));
    expect(verdicts(...times(4, { status: 0 }), change, { status: 0 }).at(-1)).toBe(false);
  });
});
