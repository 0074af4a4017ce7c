import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTempDir } from '../support/temp-dir.ts';
import { readPeers, rowsBeside, rowsOfPeer } from './peers/beside.ts';
import { boundRows } from './peers/bounds.ts';
import { ENTRIES, measureGrowth } from './peers/growth.ts';
import { startApache, startNginx } from './peers/local-disk.ts';
import { isMet, type Measured, measureRow } from './peers/measure.ts';
import { type Plot, renderPlot } from './peers/plot.ts';
import { lineOf, renderPage } from './peers/report.ts';
import { type Bench, FAR_ROWS, MANY_MOUNTS, ROWS, type Row } from './peers/rows.ts';
import { type Subject, startOurs, startRclone } from './peers/subjects.ts';
import { openWorld } from './peers/world.ts';

const MIB = 1024 ** 2;
const IS_QUICK = process.argv.includes('--quick');
const PEERS = readPeers(process.argv);
const ROUNDS = 3;
const LARGE_BYTES = (IS_QUICK ? 128 : 1024) * MIB;
const LOAD_SECONDS = IS_QUICK ? 2 : 5;
const FAR_MS = 60;
/** It takes tens of thousands of requests until code is compiled as well as it gets. */
const WARM_UP_SECONDS = IS_QUICK ? 5 : 10;
const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

/** Ours beside rclone and beside the bare machine; `docs/benchmarks.md` has the figures of the last whole run. */
export async function measurePeers(): Promise<boolean> {
  const near = await measureWorld(0, [...ROWS, ...boundRows({ isQuick: IS_QUICK })]);
  const far = await measureWorld(FAR_MS, FAR_ROWS);
  const rows = [...near.rows, ...far.rows];
  if (!IS_QUICK) {
    const rclone = execFileSync('rclone', ['version'], { encoding: 'utf8' }).split('\n', 1)[0]!;
    const plots = Object.entries(near.plots);
    for (const [name, plot] of plots) {
      await writeFile(PAGE.replace('.md', `-${name}.svg`), renderPlot(plot));
    }
    const { memory, missing } = near;
    await writeFile(PAGE, renderPage(rows, { memory, missing, plots: plots.map(([name]) => name), rclone }));
  }
  return rows.every(isMet);
}

interface Figures {
  readonly rows: Measured[];
  readonly memory: string[];
  readonly missing: string[];
  readonly plots: Readonly<Record<string, Plot>>;
}

async function measureWorld(latencyMs: number, rows: readonly Row[]): Promise<Figures> {
  await using folder = await makeTempDir();
  const [oursFolder, rcloneFolder, manyFolder] = ['ours', 'rclone', 'many'].map(name => join(folder.path, name));
  await Promise.all([mkdir(oursFolder!), mkdir(rcloneFolder!), mkdir(manyFolder!)]);
  await using world = await openWorld({
    latencyMs,
    largeBytes: latencyMs === 0 ? LARGE_BYTES : MIB,
    copies: ROUNDS,
    growing: ENTRIES,
  });
  await using ours = await startOurs(world, oursFolder!);
  await using rclone = await startRclone(world, rcloneFolder!);
  await using manyMounts = await startOurs(world, manyFolder!, { more: MANY_MOUNTS });
  const bench: Bench = { world, ours, manyMounts, rclone, largeBytes: LARGE_BYTES, loadSeconds: LOAD_SECONDS };
  const measured: Measured[] = [];
  const memory: string[] = [];
  await rows[0]!.ours({ ...bench, loadSeconds: WARM_UP_SECONDS }, 0);
  await using stack = new AsyncDisposableStack();
  const { subjects, missing } = latencyMs === 0 ? await startLocalDisks(stack) : { subjects: [], missing: [] };
  const more = latencyMs === 0 ? [...subjects.flatMap(rowsBeside), ...PEERS.flatMap(rowsOfPeer)] : [];
  for (const row of [...rows, ...more]) {
    const figures = await measureRow(row, bench, ROUNDS);
    measured.push(figures);
    console.log(lineOf(figures));
    memory.push(`after ${row.name}: ${await megabytes(ours)} ours, ${await megabytes(rclone)} rclone`);
  }
  const plots = latencyMs === 0 && !IS_QUICK ? await measureGrowth(bench) : {};
  return { rows: measured, memory, missing, plots };
}

/** Those that there are; `stack` ends them. Each has a folder of its own, which Apache's other user can enter. */
async function startLocalDisks(stack: AsyncDisposableStack): Promise<{ subjects: Subject[]; missing: string[] }> {
  const subjects: Subject[] = [];
  const missing: string[] = [];
  for (const [name, start] of Object.entries({ nginx: startNginx, Apache: startApache })) {
    const started = await start(stack.use(await makeTempDir()).path);
    if (typeof started === 'string') {
      missing.push(`${name} is ${started}`);
      console.log(`        ${missing.at(-1)}`);
    } else {
      subjects.push(stack.use(started));
    }
  }
  return { subjects, missing };
}

async function megabytes({ rss }: Subject): Promise<string> {
  return `${Math.round((await rss()) / 1e6)} MB`;
}
