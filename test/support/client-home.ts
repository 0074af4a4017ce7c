import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { makeTempDir } from './temp-dir.ts';

export interface ClientHome extends AsyncDisposable {
  readonly path: string;
  /**
   * For the programs of a desktop: HOME, the XDG folders and TMPDIR below `path`, UTF-8, UTC, no display, no session
   * bus.
   */
  readonly env: Record<string, string>;
}

/**
 * The home of a foreign client that leaves helpers behind which outlive it. When the `await using` block ends, whatever
 * still runs with this home is ended, and then the folder is removed.
 */
export async function makeClientHome(): Promise<ClientHome> {
  const folder = await makeTempDir();
  const env = environmentIn(folder.path);
  await mkdir(env.TMPDIR!);
  await mkdir(env.XDG_RUNTIME_DIR!, { mode: 0o700 });
  return {
    path: folder.path,
    env,
    [Symbol.asyncDispose]: async () => {
      await endProcessesOf(folder.path);
      await folder[Symbol.asyncDispose]();
    },
  };
}

function environmentIn(home: string): Record<string, string> {
  return {
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    DISPLAY: '',
    WAYLAND_DISPLAY: '',
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(home, 'no-bus')}`,
  };
}

/**
 * Helpers made themselves daemons, so that nobody has them as a child any more: their environment tells whose they are.
 */
async function endProcessesOf(home: string): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const pid of await processesOf(home)) {
      signalIfThere(pid, signal);
    }
    const areGone = await vi.waitFor(async () => assertNone(await processesOf(home)), 3_000).catch(() => false);
    if (areGone) {
      return;
    }
  }
  assertNone(await processesOf(home));
}

function assertNone(pids: readonly number[]): true {
  if (pids.length > 0) {
    throw new Error(`the processes ${pids.join(', ')} do not end`);
  }
  return true;
}

async function processesOf(home: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number);
  const environments = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')));
  return pids.filter((_, index) => `\0${environments[index]}`.includes(`\0HOME=${home}\0`));
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}
