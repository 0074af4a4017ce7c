import { request } from 'undici';
import { memoryOfKnown } from './million.ts';
import { listFolder, loadOf, PROPFIND, putSmall, type Row, readRanges, withFreshServer } from './rows.ts';
import type { OurSubject } from './subjects.ts';

const LAG = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m;
const KNOWN = 1_000_000;
const KNOWN_QUICK = 50_000;
/** A process that knows nothing, and what an item may add: 600 MB for a million. */
const BASE_MB = 140;
const ITEM_MB = 460 / KNOWN;

/** Bounds of ours alone. */
export function boundRows({ isQuick }: { readonly isQuick: boolean }): Row[] {
  const known = isQuick ? KNOWN_QUICK : KNOWN;
  return [
    {
      ...{ name: `RSS with ${known.toLocaleString('en')} items known`, unit: 'MB', against: 'the bound', goal: 1 },
      rounds: 1,
      ours: async () => (await memoryOfKnown(known)) / 1e6,
      theirs: async () => BASE_MB + ITEM_MB * known,
    },
    {
      ...{ name: 'Delay of the event loop, p99, mixed load', unit: 'ms', against: 'the bound', goal: 1, rounds: 1 },
      ours: ({ world, largeBytes, loadSeconds }) =>
        withFreshServer(
          world,
          async ours => {
            await listFolder(ours, '/ten-thousand-0/');
            await lagOf(ours);
            await mixedLoad(ours, { largeBytes, seconds: loadSeconds });
            return (await lagOf(ours)) * 1000;
          },
          { metrics: true },
        ),
      theirs: async () => 50,
    },
  ];
}

/** Small requests on 16 connections, listings of 1,000 and 10,000, small uploads and ranges, all at once. */
async function mixedLoad(ours: OurSubject, { largeBytes, seconds }: { largeBytes: number; seconds: number }) {
  let isOver = false;
  const repeat = async (work: () => Promise<unknown>): Promise<void> => {
    while (!isOver) {
      await work();
    }
  };
  const small = loadOf(ours, { path: '/small.txt', ...PROPFIND, seconds }).finally(() => {
    isOver = true;
  });
  await Promise.all([
    small,
    repeat(() => listFolder(ours, '/thousand-0/')),
    repeat(() => listFolder(ours, '/ten-thousand-0/')),
    repeat(() => putSmall(ours)),
    repeat(() => readRanges(ours, largeBytes)),
  ]);
}

/** Of the time since it was last asked. */
async function lagOf({ url }: OurSubject): Promise<number> {
  const { body } = await request(new URL('/-/metrics', url));
  const found = LAG.exec(await body.text())?.[1];
  if (found === undefined) {
    throw new Error('the metrics do not say how late the event loop is');
  }
  return Number(found);
}
