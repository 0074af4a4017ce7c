import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Requests that wait behind others, on one connection and on all together: far more than any client sends ahead, and a
 * bound on memory.
 */
const MAX_WAITING = 5_000;
const MAX_WAITING_IN_ALL = 10_000;

/** What is under way on a connection. */
interface Line {
  /** Resolves when the last of it is answered, or the connection has ended. */
  end: Promise<void>;
  waiting: number;
}

/**
 * Serves what comes on one connection one after the other (RFC 9112 §9.3.2): node hands on the next request as soon as
 * it has read it, and a DELETE would overtake the PUT before it. So one connection is one client's turn, however much
 * it sends ahead.
 */
export class InOrder {
  readonly #lines = new WeakMap<Duplex, Line>();
  #waiting = 0;

  /**
   * Calls `serve` when everything before this request has been answered; resolves when `serve` has ended. Never calls
   * it for a client that has gone.
   */
  async run(request: IncomingMessage, response: ServerResponse, serve: () => Promise<void>): Promise<void> {
    const { socket } = request;
    const line = this.#lines.get(socket) ?? { end: Promise.resolve(), waiting: 0 };
    this.#lines.set(socket, line);
    if (line.waiting >= MAX_WAITING || this.#waiting >= MAX_WAITING_IN_ALL) {
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

function whenClosed(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    if (response.closed || response.req.socket.destroyed) {
      resolve();
    } else {
      response.once('close', resolve);
    }
  });
}
