import { median } from './measure.ts';
import type { Plot } from './plot.ts';
import { type Bench, listFolder, loadOf, MANY_MOUNTS, PROPFIND, pathOfMount } from './rows.ts';

/** There is a folder of each size. */
export const ENTRIES = [10, 100, 1_000, 10_000];
const CLIENTS = [1, 4, 16, 64, 256];
const MOUNTS = [1, 5, 50, 500];
const REPEATED = 5;

/** How the cost grows with the work: by the name of the picture. */
export async function measureGrowth(bench: Bench): Promise<Record<string, Plot>> {
  return { entries: await byEntries(bench), clients: await byClients(bench), mounts: await byMounts(bench) };
}

async function byEntries(bench: Bench): Promise<Plot> {
  const lines = [];
  for (const who of ['ours', 'rclone'] as const) {
    const values = [];
    for (const entries of ENTRIES) {
      const folder = `/entries-${entries}/`;
      await listFolder(bench[who], folder);
      const times = [];
      for (let turn = 0; turn < REPEATED; turn += 1) {
        times.push(await listFolder(bench[who], folder));
      }
      values.push(median(times));
    }
    lines.push({ name: who, values });
  }
  return { title: 'Milliseconds of a warm PROPFIND 1, by entries of the folder', steps: ENTRIES, lines };
}

async function byClients(bench: Bench): Promise<Plot> {
  const lines = [];
  for (const who of ['ours', 'rclone'] as const) {
    const values = [];
    for (const connections of CLIENTS) {
      values.push(
        await loadOf(bench[who], { path: '/small.txt', ...PROPFIND, seconds: bench.loadSeconds, connections }),
      );
    }
    lines.push({ name: who, values });
  }
  return { title: 'Warm PROPFIND 0 a second, by connections', steps: CLIENTS, lines };
}

async function byMounts({ manyMounts, loadSeconds }: Bench): Promise<Plot> {
  const values = [];
  for (const mounts of MOUNTS) {
    const paths = MANY_MOUNTS.slice(0, mounts).map(pathOfMount);
    values.push(await loadOf(manyMounts, { path: '', paths, ...PROPFIND, seconds: loadSeconds }));
  }
  return { title: 'Warm PROPFIND 0 a second, by mounts in use', steps: MOUNTS, lines: [{ name: 'ours', values }] };
}
