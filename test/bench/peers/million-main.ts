/**
 * The process that `million.ts` starts: the modules of the server, and a metadata cache that learns every folder of a
 * large drive from pages of Graph's JSON. It prints a line when it knows them all.
 */
import '../../../src/app/app.ts';
import { ROOT, toDrivePath } from '../../../src/drive/path.ts';
import { listChildren } from '../../../src/graph/children.ts';
import type { CallGraph } from '../../../src/graph/client.ts';
import type { DriveItem } from '../../../src/graph/normalize.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { boundHeapGrowth } from '../../../src/lib/heap-growth.ts';
import { toEntry } from '../../../src/onedrive/item.ts';
import { MetadataCache } from '../../../src/onedrive/metadata-cache.ts';
import type { MillionOptions } from './million.ts';

const { pages, driveId, folders, members } = JSON.parse(process.argv[2]!) as MillionOptions;
const { signal } = new AbortController();
const call: CallGraph = async ({ path }) => {
  const answer = await fetch(`${pages}${path}`);
  return { status: answer.status, headers: answer.headers, json: await answer.json() };
};

const maxEntries = 2_000_000;
boundHeapGrowth(maxEntries);
const cache = new MetadataCache({ ttlMs: 3_600_000, maxEntries, clock: systemClock });
const list = async (path: readonly string[], id: string): Promise<readonly DriveItem[]> => {
  const load = () => listChildren(call, { driveId, id }, signal);
  const items = await cache.listing(toDrivePath(path), load, signal);
  // As a request shows them.
  items.map(item => toEntry(item, false));
  return items;
};

const known = await list(ROOT, 'root');
for (const { name, id } of known) {
  await list([name], id);
}
const last = await cache.listing(
  toDrivePath([known.at(-1)!.name]),
  () => Promise.reject(new Error('forgotten')),
  signal,
);
const first = await cache.listing(toDrivePath([known[0]!.name]), () => Promise.reject(new Error('forgotten')), signal);
if (known.length !== folders || last.length !== members || first.length !== members) {
  throw new Error(`${known.length} folders are known, the last with ${last.length} members`);
}
console.log('known');
// It is measured, and then ended.
setInterval(() => {}, 60_000);
