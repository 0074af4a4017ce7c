import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The server of a data folder, and the process that waits to become it. */
export type Role = 'owner' | 'successor';

const LEAVING = 'leaving';

const fileOf = (dataDir: string, role: Role) => join(dataDir, `${role}.pid`);

/** Records that this process has the role. The folder must exist. */
export function noteProcess(dataDir: string, role: Role): void {
  write(dataDir, role, '');
}

/** Records that this process is about to give up the folder, if it owns it. */
export function noteLeaving(dataDir: string): void {
  if (read(dataDir, 'owner')?.pid === process.pid) {
    write(dataDir, 'owner', ` ${LEAVING}`);
  }
}

/** Returns whether the folder has no living owner, or one that is about to give it up. */
export function isLeftSoon(dataDir: string): boolean {
  return findProcess(dataDir, 'owner') === undefined || read(dataDir, 'owner')?.mark === LEAVING;
}

/** Removes the record, if it is about this process. */
export function forgetProcess(dataDir: string, role: Role): void {
  if (read(dataDir, role)?.pid === process.pid) {
    rmSync(fileOf(dataDir, role), { force: true });
  }
}

/**
 * Returns the pid of the other process that has the role and is alive. A record that has outlived its process names
 * nobody, even if the pid is another process's by now: the time of its start is compared, which only Linux tells.
 */
export function findProcess(dataDir: string, role: Role): number | undefined {
  const { pid, start } = read(dataDir, role) ?? {};
  const isIt = pid !== undefined && pid !== process.pid && start !== '' && startOf(pid) === start;
  return isIt ? pid : undefined;
}

/** A reader finds the whole record or the one before. */
function write(dataDir: string, role: Role, mark: string): void {
  const file = fileOf(dataDir, role);
  writeFileSync(`${file}.new`, `${process.pid} ${startOf(process.pid) ?? ''}${mark}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function read(dataDir: string, role: Role): { pid: number; start: string; mark: string } | undefined {
  try {
    const [pid = '', start = '', mark = ''] = readFileSync(fileOf(dataDir, role), 'utf8').trim().split(' ');
    return /^\d+$/.test(pid) ? { pid: Number(pid), start, mark } : undefined;
  } catch {
    return undefined;
  }
}

/** Returns when the process started, in clock ticks since boot: field 22 of proc_pid_stat(5). */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses, and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
