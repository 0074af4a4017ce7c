import type { Socket } from 'node:net';
import { bareAddress } from './forwarded.ts';

export interface ConnectionLimits {
  /** Connections at once; a bound on memory, far above what clients of one tenant open. */
  readonly max: number;
  /** Of them, those of one address that is no trusted proxy. */
  readonly maxPerAddress: number;
  /**
   * Besides them, those on which only the health pages are served: whoever watches over the server must not take it for
   * dead because it is full.
   */
  readonly reserve: number;
  /** An address behind which many clients are. */
  readonly isProxy: (address: string) => boolean;
}

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** Requests under way. */
  busy: number;
}

/**
 * The open connections. When there is no room for a new one, the one that has been idle for longest goes, of the
 * address that has most of them: so who only holds connections open is in nobody's way.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #known = new Map<string, Connection>();
  /** By address, the longest idle first. */
  readonly #idle = new Map<string, Set<Connection>>();
  readonly #counts = new Map<string, number>();
  readonly #reserved = new Set<string>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Takes a connection in, or closes it where there is no room. */
  add(socket: Socket): void {
    const address = bareAddress(socket.remoteAddress ?? '');
    if (!this.#hasRoom(address) && !this.#makeRoom(address)) {
      this.#addReserved(socket);
      return;
    }
    const connection: Connection = { socket, address, busy: 0 };
    const key = keyOf(socket);
    this.#known.set(key, connection);
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
    this.#idleOf(address).add(connection);
    socket.once('close', () => this.#forget(key, connection));
  }

  /** True for a connection that is only there for the health pages. */
  isReserved(socket: Socket): boolean {
    return this.#reserved.has(keyOf(socket));
  }

  /** A request has come on the connection; calls back what ends it. A socket of TLS counts as the one below it. */
  began(socket: Socket): () => void {
    const connection = this.#known.get(keyOf(socket));
    if (connection === undefined) {
      return () => {};
    }
    connection.busy += 1;
    this.#idleOf(connection.address).delete(connection);
    return () => {
      connection.busy -= 1;
      if (connection.busy === 0 && !connection.socket.destroyed) {
        this.#idleOf(connection.address).add(connection);
      }
    };
  }

  #hasRoom(address: string): boolean {
    return this.#known.size < this.#limits.max && !this.#isOverShare(address);
  }

  #isOverShare(address: string): boolean {
    return (this.#counts.get(address) ?? 0) >= this.#limits.maxPerAddress && !this.#limits.isProxy(address);
  }

  /** False when every connection that might go is in use. */
  #makeRoom(address: string): boolean {
    const from = this.#isOverShare(address) ? address : this.#greediest();
    const [victim] = this.#idle.get(from) ?? [];
    if (victim === undefined) {
      return false;
    }
    this.#forget(keyOf(victim.socket), victim);
    victim.socket.destroy();
    return true;
  }

  /** The address with the most idle connections. */
  #greediest(): string {
    let most: [address: string, count: number] = ['', 0];
    for (const [address, { size }] of this.#idle) {
      most = size > most[1] ? [address, size] : most;
    }
    return most[0];
  }

  #addReserved(socket: Socket): void {
    if (this.#reserved.size >= this.#limits.reserve) {
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    this.#reserved.add(key);
    socket.once('close', () => this.#reserved.delete(key));
  }

  #idleOf(address: string): Set<Connection> {
    const idle = this.#idle.get(address) ?? new Set();
    this.#idle.set(address, idle);
    return idle;
  }

  #forget(key: string, connection: Connection): void {
    if (this.#known.get(key) !== connection) {
      return;
    }
    const { address } = connection;
    this.#known.delete(key);
    this.#idle.get(address)?.delete(connection);
    const left = (this.#counts.get(address) ?? 1) - 1;
    if (left > 0) {
      this.#counts.set(address, left);
    } else {
      this.#counts.delete(address);
      this.#idle.delete(address);
    }
  }
}

/** The same for a socket and for that of TLS on top of it, and for no other open one. */
const keys = new WeakMap<Socket, string>();

function keyOf(socket: Socket): string {
  // A socket that is closed has no address any more.
  const key = keys.get(socket) ?? `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
  keys.set(socket, key);
  return key;
}
