import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadStatePlace } from '../config/place.ts';
import { stateKey } from '../config/state.ts';
import { type CopyResult, copyState } from '../state/copy/copy-state.ts';
import { type DatabaseSide, openPostgresSource, openPostgresTarget } from '../state/copy/postgres-side.ts';
import type { CopySource, CopyTarget } from '../state/copy/sides.ts';
import { openSqliteSource, openSqliteTarget } from '../state/copy/sqlite-side.ts';
import { print } from './print.ts';
import { createProgress } from './progress.ts';
import { databaseOf } from './state-beside.ts';

interface Options {
  readonly config: string;
  readonly to?: string | true;
  readonly from?: string | true;
  readonly keyFile?: string;
  readonly replace?: boolean;
}

/** Adds the options and the action of `state copy`. */
export function copyCommand(command: Command): Command {
  return command
    .option('--to [url]', 'copy from dataDir into this database; without a URL into the one of the configuration')
    .option('--from [url]', 'copy from this database, or that of the configuration, into dataDir')
    .option('--key-file <file>', "the database's key in base64 or hexadecimal; without it that of the configuration")
    .option('--replace', 'delete what the target has; without it a target that is not empty is refused')
    .action(copy);
}

async function copy(options: Options): Promise<void> {
  const { config, to, from, replace = false } = options;
  const given = to ?? from;
  if (given === undefined || (to !== undefined && from !== undefined)) {
    throw new Error('say which way: --to a database, or --from one');
  }
  const { dataDir, state } = await loadStatePlace(config, process.env);
  const known = state && databaseOf(state);
  const database = await sideOf(given, { known, keyFile: options.keyFile });
  const [source, target] = await openBoth(dataDir, { database, isToDatabase: to !== undefined });
  const progress = createProgress(process.stderr);
  try {
    const onProgress = (table: string, rows: number) => progress.show(`copying ${table.replaceAll('_', ' ')}: ${rows}`);
    const result = await copyState({ source, target, replace, onProgress });
    progress.clear();
    await print(describe(result));
  } finally {
    progress.clear();
    await Promise.all([source.close(), target.close()]);
  }
}

async function sideOf(
  given: string | true,
  { known, keyFile }: { readonly known: DatabaseSide | undefined; readonly keyFile: string | undefined },
): Promise<DatabaseSide> {
  const url = given === true ? known?.url : given;
  if (url === undefined) {
    throw new Error('which database? the configuration has no state.url');
  }
  const key = keyFile === undefined ? known?.key : stateKey((await readFile(keyFile, 'utf8')).trim());
  if (key === undefined) {
    throw new Error(
      keyFile === undefined
        ? 'the database needs a key: give it in --key-file; "openssl rand -base64 32" makes one'
        : `there is no key in "${keyFile}": it must be 32 bytes in base64 or hexadecimal`,
    );
  }
  return { url, key, caPem: known?.caPem };
}

async function openBoth(
  dataDir: string,
  { database, isToDatabase }: { readonly database: DatabaseSide; readonly isToDatabase: boolean },
): Promise<[CopySource, CopyTarget]> {
  const source = await (isToDatabase ? openSqliteSource(dataDir) : openPostgresSource(database));
  try {
    return [source, await (isToDatabase ? openPostgresTarget(database) : openSqliteTarget(dataDir))];
  } catch (error) {
    await source.close();
    throw error;
  }
}

function describe({ rows, unreadable }: CopyResult): string {
  const counts = Object.entries(rows).map(([table, count]) => `${table.replaceAll('_', ' ')} ${count}`);
  const left = unreadable === 0 ? [] : [`left out: ${unreadable} upload sessions that the key does not open`];
  return [`copied: ${counts.join(', ')}`, ...left].join('\n');
}
