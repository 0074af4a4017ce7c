import { lstat, mkdir, unlink } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Log } from '../lib/log.ts';
import { type ControlAddress, objectionToAddress } from './address.ts';

export interface ControlServerOptions {
  /** Undefined: there is no control. */
  readonly address: ControlAddress | undefined;
  readonly listener: RequestListener;
  readonly log: Log;
}

export interface ControlServer {
  /** Throws, stating the remedy, when another process listens there, or when the path belongs to another file. */
  start(): Promise<void>;
  /** Removes the socket; requests that are being answered end first. */
  stop(): Promise<void>;
}

/** Only the owner of the process may connect: writing to a socket's file is what lets one in (unix(7)). */
const PRIVATE_FOLDER = 0o700;
/** Leaves 0600. */
const PRIVATE_UMASK = 0o177;
/** For answers under way at the end; a connection that asks nothing must not hold up a restart. */
const CUT_MS = 1_000;
/** Errors of `listen` that this path will always give: not every file system has sockets. */
const NO_SOCKETS_HERE = ['EACCES', 'EPERM', 'EROFS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'];
/** Errors of `connect` that say that no process listens. */
const NOBODY_LISTENS = ['ECONNREFUSED', 'ENOENT'];

/** Creates the HTTP server of the control socket, a unix socket or a named pipe of Windows; never TCP. */
export function createControlServer({ address, listener, log }: ControlServerOptions): ControlServer {
  const objection = address && objectionToAddress(address);
  if (address === undefined || objection !== undefined) {
    return {
      start: async () => {
        if (objection !== undefined) {
          log.warn(`this server cannot be controlled by commands: ${objection}`);
        }
      },
      stop: async () => {},
    };
  }
  const server = createServer(listener);
  let isListening = false;
  return {
    start: async () => {
      try {
        await makeRoom(address);
        await listen(server, address);
        isListening = true;
        // An error without a listener would end the process.
        server.on('error', error => log.error({ err: error }, 'the control socket failed'));
      } catch (error) {
        if (!NO_SOCKETS_HERE.includes((error as NodeJS.ErrnoException).code ?? '')) {
          throw error;
        }
        const why = `there can be no control socket at "${address.path}": ${(error as Error).message}`;
        log.warn(
          `this server cannot be controlled by commands: ${why}; set control.socket to another path, or to false`,
        );
      }
    },
    stop: async () => {
      if (isListening) {
        // Node.js removes the file of the socket before it resolves.
        const closed = new Promise<void>(resolve => server.close(() => resolve()));
        server.closeIdleConnections();
        const cut = setTimeout(() => server.closeAllConnections(), CUT_MS);
        await closed;
        clearTimeout(cut);
      }
    },
  };
}

async function listen(server: Server, { path }: ControlAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
    // The file appears within `listen`: nobody else can connect before it has its mode.
    const before = process.umask(PRIVATE_UMASK);
    server.listen({ path });
    process.umask(before);
  });
}

/** Makes the folder, and removes the socket that a dead process has left. */
async function makeRoom({ path, isPipe }: ControlAddress): Promise<void> {
  if (isPipe) {
    // Two pipes may have one name: nothing but this question would tell.
    await refuseLiving(path);
    return;
  }
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) {
    return;
  }
  if (!found.isSocket()) {
    throw new Error(`cannot make the control socket: "${path}" is another file; set control.socket to another path`);
  }
  await refuseLiving(path);
  await unlink(path);
}

async function refuseLiving(path: string): Promise<void> {
  if (await isAnswered(path)) {
    throw new Error(
      `another process listens on the control socket "${path}": end it, or set control.socket to another path`,
    );
  }
}

/** Any other failure than a refused connection counts as life: a socket of somebody else is not ours to remove. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(!NOBODY_LISTENS.includes(error.code ?? '')));
  });
}
