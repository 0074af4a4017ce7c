import { DriveError } from '../drive/errors.ts';

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
  /** The load has ended: nothing is left to abort. */
  hasEnded: boolean;
}

/** Lets callers with the same key share one load. It is aborted only when the last of them has gone. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  async run(key: string, load: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const flight = this.#flights.get(key) ?? this.#start(key, load);
    flight.waiters += 1;
    const { promise: gone, reject } = Promise.withResolvers<never>();
    const leave = () => reject(new DriveError('aborted', 'the caller has gone', { cause: signal.reason }));
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) {
      leave();
    }
    try {
      return await Promise.race([flight.promise, gone]);
    } finally {
      signal.removeEventListener('abort', leave);
      flight.waiters -= 1;
      if (flight.waiters === 0) {
        this.#end(key, flight);
        if (!flight.hasEnded) {
          flight.controller.abort();
        }
      }
    }
  }

  /** Makes later callers with these keys start a new load: those under way may be out of date when they finish. */
  forget(isOutdated: (key: string) => boolean): void {
    for (const key of this.#flights.keys()) {
      if (isOutdated(key)) {
        this.#flights.delete(key);
      }
    }
  }

  #start(key: string, load: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { promise: load(controller.signal), controller, waiters: 0, hasEnded: false };
    // Every waiter sees the failure through its own race; without waiters it does not matter.
    flight.promise.then(
      () => this.#landed(key, flight),
      () => this.#landed(key, flight),
    );
    this.#flights.set(key, flight);
    return flight;
  }

  #landed(key: string, flight: Flight<T>): void {
    flight.hasEnded = true;
    this.#end(key, flight);
  }

  #end(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) {
      this.#flights.delete(key);
    }
  }
}
