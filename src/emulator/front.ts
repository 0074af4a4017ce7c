import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type BandwidthSetting, slowDown } from './bandwidth.ts';
import type { Timers } from './timers.ts';
import type { CertificateAuthority } from './tls.ts';

const TLS_HANDSHAKE = 0x16;
const LOOPBACK = '127.0.0.1';

export interface Front {
  readonly port: number;
  /** Open client connections. */
  connections(): number;
  /** Ends every connection, as a crash does; accepts new ones. */
  dropConnections(): void;
  close(): Promise<void>;
}

export interface FrontOptions {
  readonly port: number;
  readonly authority: CertificateAuthority;
  /** Whether a CONNECT to this host name ends here. */
  readonly isOurs: (host: string) => boolean;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** The limit for connections that open while it is set. */
  readonly bandwidth: BandwidthSetting;
  readonly timers: Timers;
}

/**
 * One port for three protocols, recognized by the first byte and the method: HTTPS, an HTTP CONNECT proxy that ends TLS
 * itself for the emulated hosts, and plain HTTP for pre-authenticated URLs of the loopback kind.
 */
export async function openFront({ port, authority, isOurs, handle, bandwidth, timers }: FrontOptions): Promise<Front> {
  const sockets = new Set<Duplex>();
  const plain = createHttpServer(handle);
  const secure = createHttpsServer(
    {
      SNICallback: (host, done) => {
        authority.contextFor(host).then(
          context => done(null, context),
          (error: Error) => done(error),
        );
      },
      // For a client that sends no server name, which is every client of a numeric address.
      ...(await authority.identityFor(LOOPBACK)),
    },
    handle,
  );
  for (const server of [plain, secure]) {
    // Big uploads take as long as they take.
    server.requestTimeout = 0;
    server.on('clientError', (_error, socket) => socket.destroy());
  }
  secure.on('tlsClientError', (_error, socket) => socket.destroy());
  const sniff = (socket: Duplex) => dispatchByFirstByte(socket, { plain, secure });
  plain.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isOurs(hostOf(request.url ?? ''))) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) {
      socket.unshift(head);
    }
    sniff(socket);
  });
  const tcp = createTcpServer(socket => {
    track(socket, sockets);
    const { up, down } = bandwidth.current;
    sniff(up === undefined && down === undefined ? socket : slowDown(socket, bandwidth, timers));
  });
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, LOOPBACK, resolve);
  });
  const dropConnections = () => {
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  return {
    port: (tcp.address() as AddressInfo).port,
    connections: () => sockets.size,
    dropConnections,
    close: async () => {
      const closed = new Promise<void>(resolve => tcp.close(() => resolve()));
      dropConnections();
      await closed;
    },
  };
}

function dispatchByFirstByte(socket: Duplex, servers: { plain: Server; secure: Server }): void {
  socket.on('error', () => socket.destroy());
  socket.once('data', (first: Buffer) => {
    socket.pause();
    socket.unshift(first);
    const server = first[0] === TLS_HANDSHAKE ? servers.secure : servers.plain;
    server.emit('connection', socket);
    process.nextTick(() => socket.resume());
  });
}

function track(socket: Socket, sockets: Set<Duplex>): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}

function hostOf(authority: string): string {
  return authority.replace(/:\d+$/, '').toLowerCase();
}
