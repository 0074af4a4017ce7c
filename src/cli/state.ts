import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loadStatePlace, type StatePlace } from '../config/place.ts';
import { systemClock } from '../lib/clock.ts';
import { checkPostgresState } from '../state/postgres/check.ts';
import { backUpState, checkState, repairState } from '../state/sqlite/maintenance.ts';
import { print } from './print.ts';
import { ReportedFailure } from './reported-failure.ts';
import { databaseOf } from './state-beside.ts';
import { copyCommand } from './state-copy.ts';

export function stateCommand(command: Command): Command {
  const add = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .option('--config <file>', 'the configuration file', 'config.yaml')
      .exitOverride();
  add('check', 'read all of it and report damage; the server may be running').action(check);
  add('backup', 'write a consistent copy of it; the server may be running')
    .argument('<file>', 'the copy to write; to restore it, stop the server and replace state.sqlite with it')
    .action(backUp);
  add('repair', 'rebuild it from the readable parts and keep the damaged file; the server must be stopped').action(
    repair,
  );
  copyCommand(add('copy', 'copy it from dataDir into a database, or back; all servers that use it must be stopped'));
  return command;
}

interface Options {
  readonly config: string;
}

async function check({ config }: Options): Promise<void> {
  const { dataDir, state } = await loadStatePlace(config, process.env);
  if (state !== undefined) {
    await print(await checkDatabase(state));
    return;
  }
  const { file, faults, rows } = checkState(dataDir);
  const counts = countsOf(rows);
  if (faults.length === 0) {
    await print(`${file} is intact: ${counts}`);
    return;
  }
  await print(
    [`${file} is damaged:`, ...faults.map(fault => `  ${fault}`), 'stop the server and run "state repair"'].join('\n'),
  );
  throw new ReportedFailure(1);
}

async function backUp(target: string, { config }: Options): Promise<void> {
  const file = resolve(target);
  backUpState(await dataDirOf(config), file);
  await print(`written: ${file}`);
}

async function repair({ config }: Options): Promise<void> {
  const { setAside, saved, incomplete } = repairState(await dataDirOf(config), { now: new Date(systemClock.now()) });
  if (setAside === undefined) {
    await print('the state is intact: there is nothing to repair');
    return;
  }
  const lost = incomplete.length === 0 ? [] : [`not fully readable: ${incomplete.join(', ')}`];
  await print([`saved: ${countsOf(saved)}`, ...lost, `the damaged state is kept as ${setAside}`].join('\n'));
}

/** Returns the folder of the state's file. Throws when the state is in a database, which has tools of its own. */
async function dataDirOf(config: string): Promise<string> {
  const { dataDir, state } = await loadStatePlace(config, process.env);
  if (state !== undefined) {
    throw new Error('the state is in a database: use the tools of PostgreSQL, such as pg_dump, for it');
  }
  return dataDir;
}

async function checkDatabase(state: NonNullable<StatePlace['state']>): Promise<string> {
  const { version, rows, faults } = await checkPostgresState(databaseOf(state));
  if (faults.length > 0) {
    await print(['the state in the database is damaged:', ...faults.map(fault => `  ${fault}`)].join('\n'));
    throw new ReportedFailure(1);
  }
  return `the database answers and has schema ${version}: ${countsOf(rows)}`;
}

function countsOf(rows: Readonly<Record<string, number>>): string {
  return Object.entries(rows)
    .map(([table, count]) => `${table.replaceAll('_', ' ')} ${count}`)
    .join(', ');
}
