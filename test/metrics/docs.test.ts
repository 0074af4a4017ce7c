import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.ts';

it('docs/monitoring.md has a table of all metrics, as the registry describes them', async () => {
  const metrics = createMetrics({ watchesProcess: false });
  const rows = (await metrics.describe())
    .map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`)
    .sort();
  const docs = await readFile(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');
  const written = docs.split('\n').filter(line => line.startsWith('| `onedrive_webdav_'));
  expect(written).toEqual(rows);
});
