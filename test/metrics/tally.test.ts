import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { TalliedCounter, TalliedHistogram } from '../../src/metrics/tally.ts';

const described = (registry: Registry) => ({ name: 'x', help: 'h', labelNames: ['k' as const], registers: [registry] });

it('a histogram counts a value at a bound below it, as Prometheus does', async () => {
  const registry = new Registry();
  const histogram = new TalliedHistogram({ ...described(registry), buckets: [1, 10] });
  const cell = histogram.cell({ k: 'a' });
  for (const value of [0.5, 1, 2, 10, 11]) {
    cell.observe(value);
  }
  const text = await registry.metrics();
  expect(text.split('\n').filter(line => line.startsWith('x'))).toEqual([
    'x_bucket{le="1",k="a"} 2',
    'x_bucket{le="10",k="a"} 4',
    'x_bucket{le="+Inf",k="a"} 5',
    'x_sum{k="a"} 24.5',
    'x_count{k="a"} 5',
  ]);
  expect((await histogram.get()).values).toHaveLength(5);
});

it('a counter shows what its cells hold, each time anew', async () => {
  const registry = new Registry();
  const counter = new TalliedCounter({ ...described(registry), name: 'x_total' });
  const [a, b] = [counter.cell({ k: 'a' }), counter.cell({ k: 'b' })];
  a.count += 2;
  expect(await registry.metrics()).toContain('x_total{k="a"} 2\n');
  b.count += 1;
  const text = await registry.metrics();
  expect([text.includes('x_total{k="a"} 2'), text.includes('x_total{k="b"} 1')]).toEqual([true, true]);
});
