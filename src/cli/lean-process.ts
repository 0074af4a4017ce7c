/** The commands that run for long and carry large bodies. */
const LONG_RUNNING = ['serve', 'demo'];

/**
 * glibc's malloc gives each thread an arena of its own and, once a large buffer was freed, keeps the next ones for
 * itself. Two arenas and a fixed threshold give the memory back: 40 to 60 MB less at the peak of a 2 GiB upload (`npm
 * run bench`). It reads these variables before any code of ours runs.
 */
export const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };
/**
 * The size of the young generation, in MiB. V8 takes up to 16 by itself, and 150 MB more; with 1, dead strings move to
 * the old generation before they die, and a listing costs twice the time and more memory (decision 0021).
 */
export const NODE_FLAGS = ['--max-semi-space-size=4'];

/**
 * Restarts this process under the same pid, with settings that are read only at start. Does nothing for short commands,
 * where the system does not support it, and where the operator has made a choice (`MALLOC_ARENA_MAX` is set). Nor does
 * it where a service manager has passed a socket, which Node would close: the unit sets what is needed.
 */
export function becomeLean(argv: readonly string[]): void {
  const isWorthIt = LONG_RUNNING.includes(argv[0] ?? '') && process.platform === 'linux';
  const { MALLOC_ARENA_MAX, LISTEN_FDS } = process.env;
  if (!isWorthIt || MALLOC_ARENA_MAX !== undefined || LISTEN_FDS !== undefined || process.execve === undefined) {
    return;
  }
  const args = [process.execPath, ...process.execArgv, ...NODE_FLAGS, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...process.env, ...MALLOC });
}
