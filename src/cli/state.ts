import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loadPlace } from '../config/place.ts';
import { systemClock } from '../lib/clock.ts';
import { backUpState, checkState, repairState } from '../state/sqlite/maintenance.ts';
import { print } from './print.ts';
import { ReportedFailure } from './reported-failure.ts';

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
  return command;
}

interface Options {
  readonly config: string;
}

async function check({ config }: Options): Promise<void> {
  const { file, faults, rows } = checkState(await dataDirOf(config));
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

async function dataDirOf(config: string): Promise<string> {
  return (await loadPlace(config, process.env)).dataDir;
}

function countsOf(rows: Readonly<Record<string, number>>): string {
  return Object.entries(rows)
    .map(([table, count]) => `${table.replaceAll('_', ' ')} ${count}`)
    .join(', ');
}
