import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import type { Graph } from '../graph/graph.ts';
import type { Clock } from '../lib/clock.ts';
import { isDiskFull } from '../lib/disk-full.ts';
import type { Keep } from '../lib/lasting.ts';
import { Repeating } from '../lib/repeating.ts';
import type { State } from '../state/state.ts';
import type { Health } from './health.ts';
import type { StateWatch } from './state-watch.ts';
import type { ServedTenants } from './tenants.ts';

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;
const DISK_LOOK_MS = 15_000;
const DATABASE_LOOK_MS = 1_000;
const PROBE_FILE = '.writable';
/** SQLite writes whole pages. */
const PROBE_BYTES = 4_096;
/** With less, a spooled file or the log of the state may not fit. */
const FLOOR_BYTES = 64 * 1024 * 1024;

interface CheckParts {
  readonly tenants: ServedTenants;
  readonly health: Health;
  readonly state: Pick<State, 'check'>;
  readonly stateWatch: Pick<StateWatch, 'look' | 'isAway'>;
  readonly keep: Keep;
  readonly clock: Clock;
}

/**
 * Creates what looks at the server's health by itself: each tenant's credential when it comes into use, then only while
 * Microsoft refuses it, since a server that is not ready may get no requests; and the folder of the data.
 */
export function createHealthChecks(config: Config, parts: CheckParts): Repeating[] {
  const { tenants, health, keep, clock } = parts;
  const ending = { end: (check: Repeating) => check.stop(), isBackground: true };
  const credentials = config.tenants.map(({ name, credential }) => {
    const graph = tenants.graphOf(name);
    return keep.use(
      'check of a credential',
      [graph, credential],
      () => credentialCheck(graph, { name, health, clock }),
      ending,
    );
  });
  const { dataDir } = config;
  const { state, stateWatch } = parts;
  const look = () => stateWatch.look(state);
  const disk = keep.use('check of the disk', [dataDir], () => diskCheck(dataDir, { health, clock, look }), ending);
  const database = () => databaseCheck({ health, clock, look, isAway: () => stateWatch.isAway });
  const databases = config.state === undefined ? [] : [keep.use('check of the database', [], database, ending)];
  return [...credentials, disk, ...databases];
}

/** The root site: whatever Graph answers to it, also a refusal, shows that it can be reached. */
const PROBE = '/sites/root?$select=id';

/** While the credential is good and Graph answers, this costs no request besides the first. */
function credentialCheck(
  { tokens, call }: Graph,
  { name, health, clock }: { readonly name: string; readonly health: Health; readonly clock: Clock },
): Repeating {
  return new Repeating({
    clock,
    work: async signal => {
      if (!health.isWell(name)) {
        await tokens.token(signal);
      }
      if (health.isCutOff(name)) {
        await call({ method: 'GET', path: PROBE, signal });
      }
    },
    pauseAfter: failed =>
      failed === undefined ? LAST_RETRY_MS : Math.min(FIRST_RETRY_MS * 2 ** (failed.failures - 1), LAST_RETRY_MS),
  });
}

interface DiskParts extends Pick<CheckParts, 'health' | 'clock'> {
  readonly look: () => Promise<boolean>;
}

/** Asks nothing while it answers; then it is found again before a proxy has looked twice. */
function databaseCheck({ health, clock, look, isAway }: DiskParts & { readonly isAway: () => boolean }): Repeating {
  return new Repeating({
    clock,
    work: async () => {
      if (isAway() && (await look())) {
        health.note({ part: 'state' });
      }
    },
    pauseAfter: () => DATABASE_LOOK_MS,
  });
}

function diskCheck(dataDir: string, { health, clock, look }: DiskParts): Repeating {
  return new Repeating({
    clock,
    work: () => lookAtDisk(dataDir, health, look),
    pauseAfter: () => DISK_LOOK_MS,
  });
}

/**
 * Writes a page beside the state and, by `look`, one in it; looks how much room is left. Notes what it sees, and never
 * rejects.
 */
export async function lookAtDisk(
  dataDir: string,
  health: Pick<Health, 'note'>,
  look: () => Promise<boolean>,
): Promise<void> {
  const file = join(dataDir, PROBE_FILE);
  try {
    await writeFile(file, Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
    await rm(file);
    if (await look()) {
      health.note({ part: 'state' });
    }
    const { bavail, bsize } = await statfs(dataDir);
    const isLow = bavail * bsize < FLOOR_BYTES;
    health.note({ part: 'disk', ...(isLow && { reason: 'the disk of the data folder is almost full' }) });
  } catch (error) {
    const cause = `the data folder ${dataDir} cannot be written: ${(error as Error).message}`;
    const reason = isDiskFull(error) ? 'the disk of the data folder is full' : 'the data folder cannot be written';
    health.note({ part: 'state', reason, cause });
  }
}
