import type { Config } from '../config/load.ts';
import { stateKey } from '../config/state.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { openPostgresState } from '../state/postgres/state.ts';
import { takeDataFolder } from '../state/sqlite/one-owner.ts';
import { openState } from '../state/sqlite/state.ts';
import type { State } from '../state/state.ts';
import { StateUnavailable } from '../state/state-unavailable.ts';

/** For so long a database is waited for that starts together with this server. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 500;

interface Waiting {
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted: the database is not waited for any longer; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes the folder of the data for this process, which may be in use: then it throws FolderInUse. Returns a function
 * that opens the state, in the folder or in the database of the configuration.
 */
export function takeFolder(config: Config): (waiting: Waiting) => Promise<State> {
  const { dataDir, limits, state: database } = config;
  if (database === undefined) {
    const state = openState(dataDir, { maxSideBytes: limits.maxJunkBytes, patienceMs: 0 });
    return async () => state;
  }
  // The folder still has what this process spools, and its socket.
  const owner = takeDataFolder(dataDir, { patienceMs: 0 });
  return async waiting => {
    try {
      const state = await untilThere(() => openDatabaseOf({ ...database, limits }, waiting.log), waiting);
      return {
        ...state,
        close: async () => {
          await state.close();
          owner.close();
        },
      };
    } catch (error) {
      owner.close();
      throw error;
    }
  };
}

function openDatabaseOf(
  { url, caPem, key, connections, limits }: NonNullable<Config['state']> & Pick<Config, 'limits'>,
  log: Log,
): Promise<State> {
  const options = { url: url.reveal(), caPem, connections, key: stateKey(key.reveal())! };
  return openPostgresState({ ...options, maxSideBytes: limits.maxJunkBytes, log });
}

/** Opens what needs the database when that is there: machines that start together are ready in any order. */
export async function untilThere<T>(open: () => Promise<T>, { log, clock, signal }: Waiting): Promise<T> {
  const until = clock.now() + PATIENCE_MS;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof StateUnavailable) || clock.now() >= until) {
        throw error;
      }
      if (isFirst) {
        log.warn({ reason: error.message }, 'the database of the state is waited for');
      }
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}
