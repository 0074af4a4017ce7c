import { type DriveChange, isDeltaUnsupported, isLinkLost, latestDelta, readDelta } from '../graph/delta.ts';
import { GraphError, isAbsence, isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { runForNobody } from '../lib/caller.ts';
import type { Log } from '../lib/log.ts';
import { SingleFlight } from './single-flight.ts';

/** What is remembered of a drive, and follows its feed. */
export interface Follower {
  /** What is seen from now on is followed, and nothing that was seen before. */
  feedBegins(): void;
  apply(changes: readonly DriveChange[]): void;
  /** Makes sure that the feed can be applied to all that is known; called now and then. */
  closeGaps(signal: AbortSignal): Promise<void>;
}

interface Link {
  readonly url: string;
  /** When Graph gave it, in milliseconds. */
  readonly since: number;
}

export interface DriveFeedOptions {
  readonly graph: Graph;
  readonly driveId: string;
  /** How old the last look at the feed may be. */
  readonly pollMs: number;
  /** Between two looks that nobody waits for. */
  readonly leastPauseMs: () => number;
  readonly log: Log;
}

/** A drive that nobody uses is looked at less and less often, and after an hour no more. */
const LONGEST_PAUSE_MS = 10 * 60 * 1000;
const IDLE_MS = 60 * 60 * 1000;
/** In parts of `pollMs`: before what is known is too old, and not for all drives at once. */
const PAUSE = { least: 0.8, most: 0.9 };
const FIRST_RETRY_MS = 15 * 1000;
/** What a cloud does not have today it may have after the next update. */
const UNSUPPORTED_RETRY_MS = 6 * 60 * 60 * 1000;
/** A hundred thousand changes: to forget what is known costs less than to read more. */
const MAX_PAGES = 100;
/**
 * A link that has brought nothing is used again: changes lag, and a new link may leave them behind (onedrive-go). It is
 * renewed before Graph forgets it.
 */
const KEEP_LINK_MS = 60 * 60 * 1000;

/**
 * What changes in one drive, for those who remember something of it. It polls while the drive is in use, and catches up
 * when somebody asks after a pause (Graph docs, "driveItem: delta").
 */
export class DriveFeed {
  readonly #options: DriveFeedOptions;
  readonly #followers = new Set<Follower>();
  readonly #flight = new SingleFlight<void>();
  readonly #controller = new AbortController();
  #link: Link | undefined;
  /** When the last complete look at the feed began. */
  #checkedAt = Number.NEGATIVE_INFINITY;
  #usedAt = Number.NEGATIVE_INFINITY;
  #retryAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** Graph has said that there is no such drive, and nobody has found it since. */
  #isMissing = false;
  #loop: Promise<void> | undefined;

  constructor(options: DriveFeedOptions) {
    this.#options = options;
  }

  get usedAt(): number {
    return this.#usedAt;
  }

  /** `follower` is told of changes from now on, as long as the drive is in use. */
  follow(follower: Follower): void {
    this.#isMissing = false;
    if (!this.#followers.has(follower)) {
      this.#followers.add(follower);
      follower.feedBegins();
    }
    this.use();
  }

  /** Somebody asks for something that is in the drive. */
  use(): void {
    this.#usedAt = this.#now();
    if (this.#followers.size > 0 && !this.#isMissing && !this.#controller.signal.aborted) {
      this.#loop ??= runForNobody(() => this.#run());
    }
  }

  /** Whether all changes are told but those of the last `pollMs`. */
  get isFresh(): boolean {
    return this.#link !== undefined && this.#checkedAt + this.#options.pollMs > this.#now();
  }

  /** Whether another look may make it fresh. */
  get canCatchUp(): boolean {
    return this.#link !== undefined && this.#retryAt <= this.#now();
  }

  /** Looks at the feed now. When that fails it resolves all the same, and the feed is not fresh. */
  async catchUp(signal: AbortSignal): Promise<void> {
    await this.#flight.run('feed', shared => this.#poll(shared), signal);
  }

  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    while (!signal.aborted && !this.#isMissing && this.#usedAt + IDLE_MS > this.#now()) {
      if (this.#isDue()) {
        await this.catchUp(signal).catch(() => {});
        await this.#closeGaps(signal);
      }
      if (signal.aborted) {
        break;
      }
      await this.#clock.sleep(this.#pause(), signal, { letsProcessEnd: true }).catch(() => {});
    }
    this.#loop = undefined;
  }

  #pause(): number {
    const { pollMs, leastPauseMs } = this.#options;
    return Math.max(pollMs * (PAUSE.least + Math.random() * (PAUSE.most - PAUSE.least)), leastPauseMs());
  }

  /** The longer nobody has used the drive, the longer the pauses. */
  #isDue(): boolean {
    const now = this.#now();
    const pause = Math.min(now - this.#usedAt, LONGEST_PAUSE_MS);
    return this.#retryAt <= now && (this.#link === undefined || this.#checkedAt + pause <= now);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    try {
      await (this.#link === undefined ? this.#begin(signal) : this.#goOn(this.#link, signal));
      this.#failures = 0;
    } catch (error) {
      if (isGraphError(error, 'aborted') || signal.aborted) {
        throw error;
      }
      this.#fail(error);
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { graph, driveId } = this.#options;
    const since = this.#now();
    const url = await latestDelta(graph.call, driveId, signal);
    this.#link = { url, since };
    this.#checkedAt = since;
    for (const follower of this.#followers) {
      follower.feedBegins();
    }
  }

  /** What has changed since a link that Graph has forgotten cannot be told: then the feed begins anew. */
  async #goOn(from: Link, signal: AbortSignal): Promise<void> {
    try {
      await this.#readAll(from, signal);
    } catch (error) {
      if (!isLinkLost(error)) {
        throw error;
      }
      this.#link = undefined;
      await this.#begin(signal);
    }
  }

  async #readAll(from: Link, signal: AbortSignal): Promise<void> {
    const began = this.#now();
    let { url } = from;
    let count = 0;
    for (let page = 0; ; page += 1) {
      if (page === MAX_PAGES) {
        throw new GraphError('protocol', `Graph gave ${MAX_PAGES} pages of changes of one drive and no end`);
      }
      const { changes, link, isLast } = await readDelta(this.#options.graph.call, url, signal);
      for (const follower of changes.length > 0 ? this.#followers : []) {
        follower.apply(changes);
      }
      count += changes.length;
      url = link;
      if (isLast) {
        break;
      }
    }
    this.#checkedAt = began;
    if (count > 0 || from.since + KEEP_LINK_MS <= began) {
      this.#link = { url, since: began };
    }
  }

  #fail(error: unknown): void {
    const { log, driveId } = this.#options;
    // Its followers stay: they are told when the feed begins anew, and believe nothing from before.
    this.#isMissing = isGraphError(error) && isAbsence(error);
    if (this.#isMissing || isGraphError(error, 'protocol') || isDeltaUnsupported(error)) {
      this.#link = undefined;
    }
    this.#failures += 1;
    this.#retryAt = this.#now() + this.#pauseAfter(error);
    if (this.#failures === 1) {
      const fallback = 'what is known of it is asked again after cache.ttlSeconds';
      log.info({ driveId, err: error }, `the changes of a drive cannot be followed now; ${fallback}`);
    }
  }

  #pauseAfter(error: unknown): number {
    if (isDeltaUnsupported(error)) {
      return UNSUPPORTED_RETRY_MS;
    }
    const asked = isGraphError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    return Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS));
  }

  async #closeGaps(signal: AbortSignal): Promise<void> {
    for (const follower of this.#link === undefined ? [] : this.#followers) {
      await follower.closeGaps(signal).catch(() => {});
    }
  }

  get #clock() {
    return this.#options.graph.clock;
  }

  #now(): number {
    return this.#clock.now();
  }
}
