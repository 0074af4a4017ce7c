import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type ClientHome, makeClientHome } from './client-home.ts';
import { mustRun, type ProgramResult, run } from './foreign-client.ts';

export interface Gvfs {
  readonly home: ClientHome;
  /** Runs `gio`; throws when it fails. */
  gio(...args: string[]): Promise<ProgramResult>;
  /** Runs `gio` with `input` on its standard input, and returns how it ended. */
  tryGio(input: string, ...args: string[]): Promise<ProgramResult>;
  /** Ends the session and all that it started, unmounted. */
  stop(): Promise<void>;
}

/** A GNOME session without a desktop: a session bus, on which gvfsd starts when `gio` first asks for it. */
export async function startGvfs(): Promise<Gvfs> {
  await using undo = new AsyncDisposableStack();
  const home = undo.use(await makeClientHome());
  // Watching the USB ports and the online accounts of this machine is no business of a test.
  const settings = { ...home.env, GVFS_REMOTE_VOLUME_MONITOR_IGNORE: '1' };
  const bus = await startSessionBus(settings);
  undo.defer(() => bus.stop());
  const session = undo.move();
  const env = { ...settings, DBUS_SESSION_BUS_ADDRESS: bus.address };
  return {
    home,
    gio: (...args) => mustRun('gio', args, { env }),
    tryGio: (input, ...args) => run('gio', args, { env, input }),
    stop: () => session.disposeAsync(),
  };
}

/** `dbus-run-session` keeps its bus until the command in it ends, and that one ends with its standard input. */
async function startSessionBus(env: Record<string, string>): Promise<{ address: string; stop(): Promise<void> }> {
  const script = 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat';
  const session = spawn('dbus-run-session', ['--', 'sh', '-c', script], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(session, 'close');
  const address = await Promise.race([firstLineOf(session), ended.then(() => undefined)]);
  if (!address) {
    throw new Error('dbus-run-session started no bus');
  }
  return {
    address,
    stop: async () => {
      session.stdin.end();
      await ended;
    },
  };
}

async function firstLineOf({ stdout }: ChildProcess): Promise<string> {
  const [line] = await once(createInterface(stdout!), 'line');
  return line;
}
