import { loadStatePlace, type StatePlace } from '../config/place.ts';
import { stateKey } from '../config/state.ts';
import { controlAddress } from '../control/address.ts';
import { createControlClient } from '../control/client.ts';
import { createLog } from '../lib/log.ts';
import type { StateBeside } from '../state/beside.ts';
import { type BesideOptions, besidePostgres } from '../state/postgres/beside.ts';
import { besideSqlite } from '../state/sqlite/beside.ts';
import type { RunningServer } from './running-server.ts';

/** The server that may be running with a configuration, and the state beside it. */
export interface ServerAndState extends RunningServer {
  readonly state: StateBeside;
}

/** Like `findServer`, with the state. Throws ConfigError. */
export async function findServerAndState(configFile: string): Promise<ServerAndState> {
  const place = await loadStatePlace(configFile, process.env);
  return { client: createControlClient(controlAddress(place)), state: stateBeside(place) };
}

/** Returns what reads and changes the state of a configuration, whatever it is kept in. */
export function stateBeside({ dataDir, state }: Pick<StatePlace, 'dataDir' | 'state'>): StateBeside {
  return state === undefined ? besideSqlite(dataDir) : besidePostgres(databaseOf(state));
}

/** Returns how to reach the database of a configuration. Nothing is logged: the command itself says what is wrong. */
export function databaseOf({ url, caPem, key }: NonNullable<StatePlace['state']>): BesideOptions {
  return { url: url.reveal(), caPem, key: stateKey(key.reveal())!, log: createLog({ level: 'silent' }) };
}
