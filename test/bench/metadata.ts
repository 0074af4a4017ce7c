import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type DrivePath, toDrivePath } from '../../src/drive/path.ts';
import { type DriveItem, normalizeItem } from '../../src/graph/normalize.ts';
import { MetadataCache } from '../../src/onedrive/metadata-cache.ts';

const ROUNDS = 7;
const FOLDERS = 100;
const MEMBERS = 1_000;
const LARGE = 10_000;
const DEPTH = 10;
const LOOKS = 100_000;
/** The longest time for which one change of the cache may keep everybody waiting. */
const MAX_STALL_MS = 5;
const { signal } = new AbortController();

/** The metadata cache when it holds much: the time of one change, and the memory of an item. */
export async function measureMetadata(): Promise<boolean> {
  const others = await repeated(async () => {
    const cache = filled();
    cache.put(at('other'), item('other', 'file'));
    return timed(() => cache.remove(at('other')));
  });
  const removes = await repeated(async () => {
    const cache = filled();
    return timed(() => cache.remove(at('top')));
  });
  const sweeps = await repeated(async () => {
    const cache = filled();
    cache.remove(at('top'));
    return timed(() => cache.put(at('next'), item('next', 'file')));
  });
  const puts = await repeated(async () => {
    const cache = makeCache();
    await cache.listing(at('large'), async () => membersOf('large', LARGE), signal);
    return timed(() => cache.put(at('large', 'new'), item('new', 'file')));
  });
  console.log(`remove() of a tree of ${FOLDERS * MEMBERS} items: ${shown(removes)}; the next put(): ${shown(sweeps)}`);
  console.log(`remove() of one file beside that tree: ${shown(others)}`);
  console.log(`put() into a listing of ${LARGE}: ${shown(puts)}`);
  console.log(`peek() at depth ${DEPTH}: ${((await lookTime()) * 1e6).toFixed(0)} ns`);
  await printMemory();
  return [removes, sweeps, others, puts].every(times => median(times) < MAX_STALL_MS);
}

async function lookTime(): Promise<number> {
  const cache = makeCache();
  const path = at(...Array.from({ length: DEPTH }, (_, depth) => `folder ${depth}`));
  cache.put(path, item('deep', 'file'));
  const times = await repeated(async () =>
    timed(() => {
      for (let look = 0; look < LOOKS; look += 1) {
        cache.peek(path);
      }
    }),
  );
  return median(times) / LOOKS;
}

/** The memory of the cache for each item, without the item itself. */
async function printMemory(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const start = used();
  const folders = Array.from({ length: FOLDERS }, (_, index) => membersOf(`folder ${index}`, MEMBERS));
  const bare = used();
  const listed = makeCache();
  for (const [index, members] of folders.entries()) {
    await listed.listing(at('top', `folder ${index}`), async () => members, signal);
  }
  const afterListings = used();
  const seen = makeCache();
  for (const [index, members] of folders.entries()) {
    for (const member of members) {
      seen.put(at('top', `folder ${index}`, member.name), member);
    }
  }
  const afterLooks = used();
  const perItem = (bytes: number) => `${(bytes / (FOLDERS * MEMBERS)).toFixed(0)} bytes`;
  const [byListing, byLook] = [perItem(afterListings - bare), perItem(afterLooks - afterListings)];
  console.log(
    `an item takes ${perItem(bare - start)}; the cache besides ${byListing} when listed, ${byLook} when seen alone`,
  );
  const last = at('top', 'folder 0', 'folder 0-0');
  if (!listed.peek(last) || !seen.peek(last)) {
    throw new Error('the caches have forgotten what was measured');
  }
}

/** A cache that knows 100,000 items below `top`, each from a look of its own. */
function filled(): MetadataCache {
  const cache = makeCache();
  for (let index = 0; index < FOLDERS; index += 1) {
    const name = `folder ${index}`;
    for (const member of membersOf(name, MEMBERS)) {
      cache.put(at('top', name, member.name), member);
    }
  }
  return cache;
}

function makeCache(): MetadataCache {
  return new MetadataCache({ ttlMs: 3_600_000, maxEntries: 1_000_000, clock: { now: () => 0 } as never });
}

function membersOf(folder: string, count: number): DriveItem[] {
  return Array.from({ length: count }, (_, index) => item(`${folder}-${index}`, 'file'));
}

function item(name: string, kind: 'file' | 'folder'): DriveItem {
  return normalizeItem({
    id: `01BYE5RZ6QN3ZWBTUFOFD3GSPGOHDJD36K-${name}`,
    name,
    eTag: `"{6F03A1AE-1BD5-4A2F-8B74-6F6E12A0B0A4},1 ${name}"`,
    cTag: `"c:{6F03A1AE-1BD5-4A2F-8B74-6F6E12A0B0A4},1 ${name}"`,
    [kind]: {},
    size: 1,
    parentReference: { id: `parent of ${name}` },
    lastModifiedDateTime: '2026-01-02T03:04:05Z',
    createdDateTime: '2026-01-02T03:04:05Z',
  });
}

function at(...names: string[]): DrivePath {
  return toDrivePath(names);
}

async function repeated(run: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    times.push(await run());
  }
  return times;
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

function shown(times: readonly number[]): string {
  return `${median(times).toFixed(3)} ms (${Math.min(...times).toFixed(3)}–${Math.max(...times).toFixed(3)})`;
}
