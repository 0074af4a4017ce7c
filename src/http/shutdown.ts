import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Connections } from './connections.ts';
import type { Http2Connections } from './http2.ts';
import { Running } from './running.ts';

/** Time for interrupted requests to undo their work, such as an upload session that would hold quota for days. */
const TIDY_MS = 5_000;
/**
 * How long an idle connection may still send a request, which is answered with `Connection: close`: a request that
 * crosses the end of its connection fails, and no client knows whether it was carried out (RFC 9112 §9.5).
 */
const LAST_REQUEST_MS = 1_000;
/** How often a server that refuses requests looks for another one that takes them. */
const LOOK_MS = 25;

export interface StopOptions {
  /** Cuts everything at once when it is aborted. */
  readonly hurry?: AbortSignal;
}

interface Parts {
  readonly server: Server;
  readonly http2: Http2Connections;
  readonly connections: Connections;
  /** They may change while the server runs. */
  readonly settings: { readonly drainMs: number; readonly clock: Clock; readonly log: Log };
  /** Returns true when another process serves the connections that come from now on; undefined: never. */
  readonly isHandedOver: (() => boolean) | undefined;
}

/**
 * The end of a server. Requests that have begun go on for `drainMs`. Where another process takes the connections over,
 * this one accepts no more at once, and serves what still comes on its own. Otherwise it accepts connections until the
 * drain has ended or another process comes, and all new requests are to be refused (docs/decisions/0030-restarts.md).
 */
export class Shutdown {
  readonly #parts: Parts;
  #running = new Running();
  #phase: 'serving' | 'refusing' | 'handing over' | 'closing' = 'serving';
  #stopped: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** True while new requests are to be refused. */
  get isRefusing(): boolean {
    return this.#phase === 'refusing' || this.#phase === 'closing';
  }

  /** Notes the work on a request until it has ended. */
  note(work: Promise<void>): Promise<void> {
    return this.#running.note(work);
  }

  /** Lets the connection of an HTTP/1.1 request end with its answer, if the server is about to end. */
  limit(request: IncomingMessage, response: ServerResponse): void {
    if (this.#phase !== 'serving') {
      response.setHeader('Connection', 'close');
    }
    response.on('finish', () => this.#answered(request.socket));
  }

  /** Ends the server; once begun, it cannot be called off. */
  stop({ hurry }: StopOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop(hurry);
    return this.#stopped;
  }

  async #stop(hurry: AbortSignal | undefined): Promise<void> {
    const { server, http2, settings } = this.#parts;
    const { drainMs, clock, log } = settings;
    if (!server.listening) {
      return;
    }
    const begun = this.#running;
    const ended = this.#parts.isHandedOver?.() ? this.#handOver() : this.#refuse();
    const isOver = await endsWithin(drainMs, ended, { clock, hurry });
    this.#phase = 'closing';
    if (!isOver) {
      log.warn({ requests: begun.count }, 'cut the requests that did not end in time');
      this.#closeListener();
      server.closeAllConnections();
      http2.destroy();
      if (!hurry?.aborted) {
        await endsWithin(TIDY_MS, ended, { clock, hurry });
      }
    }
    // It ends the look after slow connections, too.
    server.close();
  }

  /** Accepts no more connections. Resolves when all have ended, and all work. */
  async #handOver(): Promise<void> {
    this.#phase = 'handing over';
    // What waits to be accepted would be reset where the port is shared. After the second turn the queue is just emptied.
    await turn();
    await turn();
    const closed = this.#closeListener();
    this.#parts.http2.close();
    this.#closeIdleSoon();
    await closed;
    await this.#running.ended();
  }

  /** Accepts connections only to refuse their requests. Resolves when all earlier work has ended. */
  async #refuse(): Promise<void> {
    this.#phase = 'refusing';
    const begun = this.#running;
    // A refusal is no work to wait for.
    this.#running = new Running();
    this.#parts.http2.close();
    const ended = begun.ended();
    if (await this.#isTakenOver(ended)) {
      await this.#handOver();
      await ended;
      return;
    }
    this.#phase = 'closing';
    const closed = this.#closeListener();
    this.#parts.connections.closeIdle();
    await closed;
  }

  /** Returns true as soon as another process takes the connections, or false when the work has ended without. */
  async #isTakenOver(work: Promise<unknown>): Promise<boolean> {
    const { isHandedOver, settings } = this.#parts;
    while (isHandedOver !== undefined && this.#phase === 'refusing') {
      if (isHandedOver()) {
        return true;
      }
      if (await endsWithin(LOOK_MS, work, { clock: settings.clock, hurry: undefined })) {
        return false;
      }
    }
    await work;
    return false;
  }

  /** Resolves when the last connection has ended. */
  #closeListener(): Promise<void> {
    // Not the close of `node:http`, which ends idle connections in the same moment.
    return new Promise(resolve => void NetServer.prototype.close.call(this.#parts.server, () => resolve()));
  }

  #answered(socket: Socket): void {
    if (this.#phase === 'closing') {
      socket.destroySoon();
    } else if (this.#phase !== 'serving') {
      this.#closeIdleSoon(socket);
    }
  }

  #closeIdleSoon(socket?: Socket): void {
    const close = () => this.#parts.connections.closeIdle(socket);
    // A timer that is late comes before what has arrived meanwhile; an immediate comes after it.
    setTimeout(() => setImmediate(close), LAST_REQUEST_MS).unref();
  }
}

/** Returns false when the time is over first, or the end is in a hurry. */
async function endsWithin(
  milliseconds: number,
  work: Promise<unknown>,
  { clock, hurry }: { clock: Clock; hurry: AbortSignal | undefined },
): Promise<boolean> {
  const done = new AbortController();
  const over = hurry === undefined ? done.signal : AbortSignal.any([done.signal, hurry]);
  void work.then(() => done.abort());
  await clock.sleep(milliseconds, over).catch(() => {});
  return done.signal.aborted;
}
