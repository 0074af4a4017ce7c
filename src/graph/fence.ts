import type { Clock } from '../lib/clock.ts';
import { GraphError } from './errors.ts';

/** A client of ours waits this long at most before it is told 503 instead. */
export const MAX_WAIT_SECONDS = 10;
/** Requests that may wait for a place; beyond it something is badly stuck. */
const MAX_QUEUE = 2_000;

/**
 * One gate for everything that goes to Microsoft for this application and tenant: while a Retry-After runs nobody passes, because
 * throttled calls count too (SharePoint docs, "Avoid getting throttled"); and no more than `maxConcurrent` are under way.
 */
export class Fence {
  readonly #clock: Clock;
  readonly #maxConcurrent: number;
  readonly #queue: (() => void)[] = [];
  #active = 0;
  #quietUntil = 0;

  constructor(clock: Clock, maxConcurrent: number) {
    this.#clock = clock;
    this.#maxConcurrent = maxConcurrent;
  }

  /** Microsoft has asked for silence. */
  close(seconds: number): void {
    this.#quietUntil = Math.max(this.#quietUntil, this.#clock.now() + seconds * 1000);
  }

  /** Runs `send` when the way is free. Throws GraphError `throttled` when that would take too long. */
  async pass<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#takePlace(signal);
    try {
      await this.#waitForSilence(signal);
      return await send();
    } finally {
      this.#active -= 1;
      this.#queue.shift()?.();
    }
  }

  async #waitForSilence(signal: AbortSignal): Promise<void> {
    const seconds = (this.#quietUntil - this.#clock.now()) / 1000;
    if (seconds <= 0) {
      return;
    }
    if (seconds > MAX_WAIT_SECONDS) {
      throw new GraphError('throttled', `Microsoft asks for silence for another ${Math.ceil(seconds)} s`, {
        retryAfterSeconds: seconds,
      });
    }
    await this.#clock.sleep(seconds * 1000, signal).catch((cause: unknown) => {
      throw new GraphError('aborted', 'the request was given up while waiting', { cause });
    });
    // Another answer may have prolonged it meanwhile.
    await this.#waitForSilence(signal);
  }

  async #takePlace(signal: AbortSignal): Promise<void> {
    if (this.#active >= this.#maxConcurrent) {
      await this.#queueUp(signal);
    }
    this.#active += 1;
  }

  #queueUp(signal: AbortSignal): Promise<void> {
    if (this.#queue.length >= MAX_QUEUE) {
      throw new GraphError('throttled', 'too many requests are waiting for Microsoft', {
        retryAfterSeconds: MAX_WAIT_SECONDS,
      });
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(enter), 1);
        reject(new GraphError('aborted', 'the request was given up while queueing', { cause: signal.reason }));
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.push(enter);
    });
  }
}
