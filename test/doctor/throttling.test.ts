import { expect, it } from 'vitest';
import { throttlingCheck } from '../../src/doctor/throttling.ts';
import { Traffic } from '../../src/doctor/traffic.ts';
import { fakeClock } from '../support/fake-clock.ts';

const GRAPH = 'https://graph.microsoft.com/v1.0/drives';

function setUp() {
  const clock = fakeClock(Date.parse('2026-03-04T05:06:07Z'));
  const traffic = new Traffic(clock);
  const check = throttlingCheck({ tenant: undefined, traffic, clock });
  return { clock, traffic, check, look: () => check.run(new AbortController().signal) };
}

it('reports the end of the longest Retry-After, and afterwards that there was one', async () => {
  const { clock, traffic, check, look } = setUp();
  traffic.note(GRAPH, { status: 429, headers: { 'retry-after': '90.5' } });
  traffic.note(GRAPH, { status: 503, headers: { 'retry-after': '10' } });
  expect([check.isSilent(), await look()]).toMatchObject([
    true,
    [
      {
        level: 'failure',
        saw: 'graph.microsoft.com throttles this application now, until 2026-03-04T05:07:37.500Z (91 s)',
      },
    ],
  ]);
  clock.advance(90_501);
  expect([check.isSilent(), await look()]).toMatchObject([
    false,
    [{ level: 'warning', saw: expect.stringContaining('throttled this application 2 times') }],
  ]);
});

it('takes a 429 without Retry-After for throttling, a 503 without it for a disturbance', () => {
  const { traffic, check } = setUp();
  traffic.note(GRAPH, { status: 503, headers: {} });
  expect(check.isSilent()).toBe(false);
  traffic.note(GRAPH, { status: 429, headers: {} });
  expect(check.isSilent()).toBe(true);
});

it('is content otherwise, and tells how much is left when Microsoft does', async () => {
  const { traffic, look } = setUp();
  expect(await look()).toMatchObject([{ level: 'skipped' }]);
  traffic.note(GRAPH, { status: 200, headers: { 'ratelimit-limit': '1250', 'ratelimit-remaining': '120' } });
  traffic.note(GRAPH, { status: 404, headers: {} });
  const saw = 'none of 2 answers was throttled; 120 of 1250 units of this minute are left';
  expect(await look()).toEqual([{ level: 'ok', saw }]);
});
