import type { Command } from 'commander';
import { systemClock } from '../lib/clock.ts';
import { foldName } from '../lib/fold-name.ts';
import { printable } from '../lib/printable.ts';
import type { StoredLock } from '../state/lock-store.ts';
import { print } from './print.ts';
import { byServerOr } from './running-server.ts';
import { findServerAndState } from './state-beside.ts';

interface Options {
  readonly config: string;
  readonly break?: string;
  readonly json?: boolean;
}

export function locksCommand(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file', 'config.yaml')
    .option('--break <token|path>', 'end the lock with this token, or those on this path, such as /ada/report.docx')
    .option('--json', 'print one JSON array')
    .action(showLocks);
}

async function showLocks({ config: file, break: which, json }: Options): Promise<void> {
  const { state, client } = await findServerAndState(file);
  const now = systemClock.now();
  const locks = await state.locks(now);
  if (which === undefined) {
    await print(json ? JSON.stringify(locks.map(toJson), null, 2) : render(locks, now));
    return;
  }
  const chosen = locks.filter(lock => isMeant(lock, which));
  if (chosen.length === 0) {
    throw new Error(`there is no lock with the token or on the path "${which}"; run without --break to list the locks`);
  }
  const tokens = chosen.map(({ token }) => token);
  await byServerOr<unknown>(
    () => client.breakLocks(tokens),
    () => state.breakLocks(tokens),
  );
  await print(
    json ? JSON.stringify(chosen.map(toJson), null, 2) : chosen.map(lock => `ended: ${describe(lock, now)}`).join('\n'),
  );
}

/** Matches a lock by its token, or by the path on which it was taken, ignoring case. */
function isMeant({ token, root }: StoredLock, which: string): boolean {
  const names = which.split('/').filter(name => name !== '');
  const isPath =
    names.length === root.length && names.every((name, index) => foldName(name) === foldName(root[index]!));
  return token === which.replace(/^<(.*)>$/, '$1') || isPath;
}

function render(locks: readonly StoredLock[], now: number): string {
  return locks.length === 0 ? 'there are no locks' : locks.map(lock => describe(lock, now)).join('\n');
}

function describe({ token, root, rootKind, depth, scope, user, expires }: StoredLock, now: number): string {
  const path = `/${root.join('/')}${rootKind === 'folder' ? '/' : ''}`;
  const reach = rootKind === 'folder' && depth === 'infinity' ? ' and all below it' : '';
  const seconds = Math.ceil((expires - now) / 1000);
  return `${printable(path)}${reach}  ${scope}, of ${printable(user)}, for ${seconds} s more  ${printable(token)}`;
}

function toJson({ token, root, rootKind, depth, scope, user, owner, expires }: StoredLock): Record<string, unknown> {
  return { token, path: `/${root.join('/')}`, kind: rootKind, depth, scope, user, owner, expires: new Date(expires) };
}
