import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * The maximum number of waiting requests, on one connection and in total: far more than any client pipelines, and a
 * limit on memory.
 */
const MAX_WAITING = 5_000;
const MAX_WAITING_IN_ALL = 10_000;

/** The requests under way on a connection. */
interface Line {
  /** Resolves when the last one is answered, or the connection has ended. */
  end: Promise<void>;
  waiting: number;
}

/**
 * Serves the requests of one connection one after the other (RFC 9112 §9.3.2): Node emits the next request as soon as
 * it has read it, so a DELETE would overtake the PUT before it. So a connection has one request running, however many
 * it pipelines.
 */
export class InOrder {
  readonly #lines = new WeakMap<Duplex, Line>();
  #waiting = 0;
  readonly #onCut: (request: IncomingMessage) => void;

  /** `onCut` gets the request at which a connection was cut, because too many wait. */
  constructor(onCut: (request: IncomingMessage) => void = () => {}) {
    this.#onCut = onCut;
  }

  /**
   * Calls `serve` when everything before this request has been answered; resolves when `serve` has ended. Never calls
   * it for a client that has gone.
   */
  async run(request: IncomingMessage, response: ServerResponse, serve: () => Promise<void>): Promise<void> {
    const { socket } = request;
    const line = this.#lines.get(socket) ?? { end: Promise.resolve(), waiting: 0 };
    this.#lines.set(socket, line);
    if (line.waiting >= MAX_WAITING || this.#waiting >= MAX_WAITING_IN_ALL) {
      // Node emits the others of the same packet, too.
      if (!socket.destroyed) {
        this.#onCut(request);
      }
      socket.destroy();
      return;
    }
    line.waiting += 1;
    this.#waiting += 1;
    const before = line.end;
    const answered = Promise.withResolvers<void>();
    line.end = answered.promise;
    await before;
    line.waiting -= 1;
    this.#waiting -= 1;
    if (socket.destroyed) {
      answered.resolve();
      return;
    }
    try {
      await serve();
    } finally {
      void whenClosed(response).then(answered.resolve);
    }
  }
}

/** Resolves when nothing more can be sent to the client. */
export function whenClosed(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    if (response.closed || response.req.socket.destroyed) {
      resolve();
    } else {
      response.on('close', resolve);
    }
  });
}
