import type { Socket } from 'node:net';
import { bareAddress } from './forwarded.ts';

export interface ConnectionLimits {
  /** The maximum number of connections; a limit on memory, far above the needs of one tenant's clients. */
  readonly max: number;
  /** The maximum for one address that is not a trusted proxy. */
  readonly maxPerAddress: number;
  /** Additional connections that serve only the health pages: monitoring must not take a full server for dead. */
  readonly reserve: number;
  /** Returns true for an address that many clients share. */
  readonly isProxy: (address: string) => boolean;
}

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** The number of requests under way. */
  busy: number;
}

/**
 * The open connections. When there is no room for a new one, the address with the most idle connections loses the one
 * that has been idle longest: so clients that only hold connections open block nobody.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #known = new Map<string, Connection>();
  /** Idle connections by address, the longest idle first. */
  readonly #idle = new Map<string, Set<Connection>>();
  readonly #counts = new Map<string, number>();
  readonly #reserved = new Set<string>();
  /** The requests of HTTP/2 that run beside another one of their connection. */
  #beside = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Adds a connection, or closes it when there is no room. */
  add(socket: Socket): void {
    const address = bareAddress(socket.remoteAddress ?? '');
    if (!this.#hasRoom(address) && !this.#makeRoom(address)) {
      this.#addReserved(socket);
      return;
    }
    const connection: Connection = { socket, address, busy: 0 };
    const key = keyOf(socket);
    this.#known.set(key, connection);
    this.#count(address, 1);
    this.#idleOf(address).add(connection);
    socket.once('close', () => this.#forget(key, connection));
  }

  /** Returns true for a connection that may only use the health pages. */
  isReserved(socket: Socket): boolean {
    return this.#reserved.has(keyOf(socket));
  }

  /**
   * Notes a request on the connection; returns the function that ends it. A TLS socket counts as the socket below it.
   */
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

  /**
   * Notes a request that runs beside the others of its connection; returns the function that ends it. All but the first
   * of a connection count as connections of their own, or one connection would be many. Returns undefined when there is
   * no room.
   */
  beganBeside(socket: Socket): (() => void) | undefined {
    const connection = this.#known.get(keyOf(socket));
    const isFirst = connection === undefined || connection.busy === 0;
    if (isFirst) {
      return this.began(socket);
    }
    const { address } = connection;
    if (!this.#hasRoom(address) && !this.#makeRoom(address)) {
      return undefined;
    }
    this.#countBeside(address, 1);
    const ended = this.began(socket);
    return () => {
      ended();
      this.#countBeside(address, -1);
    };
  }

  /** Closes the connections that have no request under way; given a socket, only that one. */
  closeIdle(only?: Socket): void {
    const one = only && this.#known.get(keyOf(only));
    const some = only === undefined ? this.#known.values() : one === undefined ? [] : [one];
    for (const { socket, busy } of some) {
      if (busy === 0) {
        socket.destroy();
      }
    }
  }

  #hasRoom(address: string): boolean {
    return this.#known.size + this.#beside < this.#limits.max && !this.#isOverShare(address);
  }

  #isOverShare(address: string): boolean {
    return (this.#counts.get(address) ?? 0) >= this.#limits.maxPerAddress && !this.#limits.isProxy(address);
  }

  /** Returns false when every connection that could be closed is in use. */
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

  /** Returns the address with the most idle connections. */
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
    this.#count(address, -1);
  }

  #countBeside(address: string, change: 1 | -1): void {
    this.#beside += change;
    this.#count(address, change);
  }

  #count(address: string, change: 1 | -1): void {
    const count = (this.#counts.get(address) ?? 0) + change;
    if (count > 0) {
      this.#counts.set(address, count);
    } else {
      this.#counts.delete(address);
      this.#idle.delete(address);
    }
  }
}

/** Keys that are equal for a socket and the TLS socket on top of it, and different for all other open ones. */
const keys = new WeakMap<Socket, string>();

function keyOf(socket: Socket): string {
  // A closed socket has no address any more.
  const key = keys.get(socket) ?? `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
  keys.set(socket, key);
  return key;
}
