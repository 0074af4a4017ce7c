import type { Clock } from '../lib/clock.ts';
import { GraphError } from './errors.ts';
import { Places } from './places.ts';

/** A client of ours waits this long at most before it is told 503 instead. */
export const MAX_WAIT_SECONDS = 10;
/**
 * However long Microsoft asks for silence, one request tries after this: a Retry-After of a day has been seen where
 * seconds were meant.
 */
export const MAX_QUIET_SECONDS = 120;

/**
 * One gate for everything that goes to one host of Microsoft's for this application and tenant: while a Retry-After
 * runs nobody passes, because throttled calls count too (SharePoint docs, "Avoid getting throttled"); and no more
 * than `maxConcurrent` are under way, shared fairly.
 */
export class Fence {
  readonly #clock: Clock;
  readonly #places: Places;
  #quietUntil = 0;
  /** Microsoft wants silence beyond `quietUntil`: then only one may try. */
  #isProbing = false;
  #isProbeUnderWay = false;

  constructor(clock: Clock, maxConcurrent: number) {
    this.#clock = clock;
    this.#places = new Places(maxConcurrent);
  }

  /** Microsoft has asked for silence. */
  close(seconds: number): void {
    this.#isProbing ||= seconds > MAX_QUIET_SECONDS;
    const until = this.#clock.now() + Math.min(seconds, MAX_QUIET_SECONDS) * 1000;
    this.#quietUntil = Math.max(this.#quietUntil, until);
  }

  /** Seconds of silence that are left; 0 when the way is free. */
  quietSeconds(): number {
    return Math.max(0, (this.#quietUntil - this.#clock.now()) / 1000);
  }

  get load(): Places['load'] {
    return this.#places.load;
  }

  /**
   * Runs `send` when the way is free; `lane` is the mailbox that it goes to. Throws GraphError `throttled` when that
   * would take too long.
   */
  async pass<T>(send: () => Promise<T>, signal: AbortSignal, lane = ''): Promise<T> {
    this.#refuseLongSilence();
    const release = await this.#places.take(lane, signal);
    try {
      await this.#waitForSilence(signal);
      this.#refuseLongSilence();
      return await (this.#isProbing ? this.#probe(send) : send());
    } finally {
      release();
    }
  }

  /** The silence was long: the first one finds out whether it is over. */
  async #probe<T>(send: () => Promise<T>): Promise<T> {
    this.#isProbeUnderWay = true;
    this.#isProbing = false;
    try {
      return await send();
    } finally {
      this.#isProbeUnderWay = false;
    }
  }

  #refuseLongSilence(): void {
    const seconds = this.quietSeconds();
    if (seconds > MAX_WAIT_SECONDS) {
      throw throttled(seconds);
    }
    if (this.#isProbeUnderWay) {
      throw throttled(MAX_WAIT_SECONDS);
    }
  }

  async #waitForSilence(signal: AbortSignal): Promise<void> {
    this.#refuseLongSilence();
    const seconds = this.quietSeconds();
    if (seconds <= 0) {
      return;
    }
    await this.#clock.sleep(seconds * 1000, signal).catch((cause: unknown) => {
      throw new GraphError('aborted', 'the request was given up while waiting', { cause });
    });
    // Another answer may have prolonged it meanwhile.
    await this.#waitForSilence(signal);
  }
}

function throttled(seconds: number): GraphError {
  return new GraphError('throttled', `Microsoft asks for silence for another ${Math.ceil(seconds)} s`, {
    retryAfterSeconds: seconds,
  });
}

/** A gate for each content host: what one of them asks for, or its hanging, is nothing to the others, nor to Graph. */
export class HostFences {
  readonly #make: () => Fence;
  readonly #fences = new Map<string, Fence>();

  constructor(clock: Clock, maxConcurrent: number) {
    this.#make = () => new Fence(clock, maxConcurrent);
  }

  of(url: string): Fence {
    const { host } = new URL(url);
    const fence = this.#fences.get(host) ?? this.#make();
    this.#fences.set(host, fence);
    return fence;
  }

  /** The longest silence that is left. */
  quietSeconds(): number {
    return Math.max(0, ...[...this.#fences.values()].map(fence => fence.quietSeconds()));
  }
}
