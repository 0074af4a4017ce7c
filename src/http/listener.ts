import { createServer, type Server, type Socket } from 'node:net';

/** An address to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A listening socket that existed before the server that serves its connections. */
export interface GivenListener {
  readonly socket: Server | { readonly fd: number };
  /** Returns the connections that have come so far; each is paused and belongs to the caller. */
  readonly takeWaiting: () => readonly Socket[];
  /** Returns true when another process serves the connections that come after this one has closed the socket. */
  readonly outlivesServer: () => boolean;
}

/**
 * Listens at an address that other processes of this user may share (`SO_REUSEPORT`). Its connections wait until a
 * server takes them. Throws, stating the remedy, when the address cannot be had.
 */
export async function openShared(
  { host, port }: ListenAddress,
  { outlivesServer }: Pick<GivenListener, 'outlivesServer'>,
): Promise<GivenListener> {
  // Half open and without delay, as the server of `node:http` makes its own.
  const socket = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  const waiting: Socket[] = [];
  socket.on('connection', connection => waiting.push(connection));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', error => reject(explainListenError(error, { host, port, isShared: true })));
    socket.listen({ host, port, reusePort: true }, resolve);
  });
  return { socket, takeWaiting: () => waiting.splice(0), outlivesServer };
}

/** Returns the error with the remedy. */
export function explainListenError(
  error: NodeJS.ErrnoException,
  { host, port, isShared = false }: ListenAddress & { isShared?: boolean },
): Error {
  const where = `cannot listen on ${host}:${port}`;
  if (error.code === 'EADDRINUSE') {
    const remedy = isShared
      ? 'end the process that has it: only one that was started with listen.reusePort shares it'
      : 'set listen.port to another one';
    return new Error(`${where}: the port is taken; ${remedy}`, { cause: error });
  }
  if (error.code === 'ENOTSUP') {
    return new Error(`${where}: this system does not share ports; set listen.reusePort to false`, { cause: error });
  }
  return new Error(`${where}: ${error.message}; check listen.host and listen.port`, { cause: error });
}
