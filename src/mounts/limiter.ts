import { DriveError } from '../drive/errors.ts';
import { currentCaller } from '../lib/caller.ts';
import type { Clock } from '../lib/clock.ts';
import { FairSlots } from '../lib/fair-slots.ts';
import { holdBack } from '../lib/held-back.ts';
import { Pace } from '../lib/pace.ts';
import type { Limits } from './limits.ts';
import { takePlace } from './one-transfer.ts';

/** How long a transfer waits for its turn: less than clients wait for an answer (Explorer, 60 s). */
const PATIENCE_MS = 30_000;
const RETRY_AFTER_SECONDS = 10;
/** What may pass at once after a pause: a fraction of a second, so that several clients take turns soon. */
const BURST_SECONDS = 0.25;

export type Direction = 'upload' | 'download';

/** Keeps one user's or one mount's transfers within their limits. Shared by all that it limits. */
export class Limiter {
  readonly #clock: Clock;
  readonly #slots: FairSlots | undefined;
  readonly #paces: Readonly<Record<Direction, Pace | undefined>>;

  constructor({ transfers, downloadBytesPerSecond, uploadBytesPerSecond }: Limits, clock: Clock) {
    const paceOf = (perSecond: number | undefined) =>
      perSecond === undefined ? undefined : new Pace({ perSecond, burst: perSecond * BURST_SECONDS, clock });
    this.#clock = clock;
    this.#slots = transfers === undefined ? undefined : new FairSlots(transfers, clock);
    this.#paces = { download: paceOf(downloadBytesPerSecond), upload: paceOf(uploadBytesPerSecond) };
  }

  /**
   * Waits for the turn of a transfer; returns the function that ends it, which may be called more than once. Throws
   * `throttled` when too many are under way for too long.
   */
  async begin(signal: AbortSignal): Promise<() => void> {
    if (this.#slots === undefined) {
      return () => {};
    }
    const wait = { lane: currentCaller()?.user ?? '', signal, patienceMs: PATIENCE_MS, clock: this.#clock };
    const end = await holdBack(takePlace(this.#slots, wait));
    if (end === undefined) {
      const message = 'too many uploads and downloads are under way at once';
      throw new DriveError('throttled', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    return end;
  }

  /** True when uploads are counted or slowed down. */
  get limitsUploads(): boolean {
    return this.#slots !== undefined || this.#paces.upload !== undefined;
  }

  /** Waits until so many bytes may pass; undefined when they may at once. */
  pass(direction: Direction, bytes: number, signal: AbortSignal): Promise<void> | undefined {
    const pace = this.#paces[direction];
    return pace && holdBack(pace.take(bytes, signal));
  }
}
