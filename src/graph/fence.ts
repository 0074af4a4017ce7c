import type { Clock } from '../lib/clock.ts';
import { GraphError } from './errors.ts';
import { Places } from './places.ts';

/** The longest time that a client waits before it gets 503. */
export const MAX_WAIT_SECONDS = 10;
/**
 * After this time one request tries, even during a longer Retry-After: a day has been seen where seconds were meant.
 */
export const MAX_QUIET_SECONDS = 120;

/**
 * One gate for all requests of this application and tenant to one Microsoft host: none passes during a Retry-After,
 * because throttled calls count too (SharePoint docs, "Avoid getting throttled"). At most `maxConcurrent` requests are
 * under way, shared fairly.
 */
export class Fence {
  readonly #clock: Clock;
  readonly #places: Places;
  readonly #tell: (seconds: number) => void;
  #quietUntil = 0;
  /** The requested silence was longer than `quietUntil`: one request must try alone first. */
  #isProbing = false;
  #isProbeUnderWay = false;

  /** `tell` is called with the silence that Microsoft has asked of this server. */
  constructor(clock: Clock, maxConcurrent: number, tell: (seconds: number) => void = () => {}) {
    this.#clock = clock;
    this.#places = new Places(maxConcurrent);
    this.#tell = tell;
  }

  /** Closes the gate for the time that Microsoft has requested. */
  close(seconds: number): void {
    this.keepSilent(seconds);
    this.#tell(seconds);
  }

  /** Closes the gate for the time that Microsoft has requested of another server. */
  keepSilent(seconds: number): void {
    this.#isProbing ||= seconds > MAX_QUIET_SECONDS;
    const until = this.#clock.now() + Math.min(seconds, MAX_QUIET_SECONDS) * 1000;
    this.#quietUntil = Math.max(this.#quietUntil, until);
  }

  /** Returns the remaining seconds of silence; 0 when the gate is open. */
  quietSeconds(): number {
    return Math.max(0, (this.#quietUntil - this.#clock.now()) / 1000);
  }

  /** Changes the limit of requests under way. */
  limit(maxConcurrent: number): void {
    this.#places.limit(maxConcurrent);
  }

  get load(): Places['load'] {
    return this.#places.load;
  }

  /**
   * Runs `send` when the gate is open; `lane` is the target mailbox. Throws GraphError `throttled` when that would take
   * too long.
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

  /** Runs `send` after a long silence, to find out whether it is over. */
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
      throw new GraphError('aborted', 'the request was aborted while waiting', { cause });
    });
    // Another answer may have prolonged the silence meanwhile.
    await this.#waitForSilence(signal);
  }
}

function throttled(seconds: number): GraphError {
  return new GraphError('throttled', `Microsoft asks for silence for another ${Math.ceil(seconds)} s`, {
    retryAfterSeconds: seconds,
  });
}

/** One gate per content host: when one throttles or hangs, the others and Graph are not affected. */
export class HostFences {
  readonly #clock: Clock;
  readonly #fences = new Map<string, Fence>();
  readonly #tell: (host: string, seconds: number) => void;
  #maxConcurrent: number;

  /** `tell` is called with the silence that a host has asked of this server. */
  constructor(clock: Clock, maxConcurrent: number, tell: (host: string, seconds: number) => void = () => {}) {
    this.#clock = clock;
    this.#maxConcurrent = maxConcurrent;
    this.#tell = tell;
  }

  /** Changes the limit of requests under way for each host. */
  limit(maxConcurrent: number): void {
    this.#maxConcurrent = maxConcurrent;
    for (const fence of this.#fences.values()) {
      fence.limit(maxConcurrent);
    }
  }

  of(url: string): Fence {
    return this.ofHost(new URL(url).host);
  }

  ofHost(host: string): Fence {
    const tell = (seconds: number) => this.#tell(host, seconds);
    const fence = this.#fences.get(host) ?? new Fence(this.#clock, this.#maxConcurrent, tell);
    this.#fences.set(host, fence);
    return fence;
  }

  /** Returns the longest remaining silence in seconds. */
  quietSeconds(): number {
    return Math.max(0, ...[...this.#fences.values()].map(fence => fence.quietSeconds()));
  }
}

/** Names of gates; that of a content host is the host. */
const GRAPH = 'graph';
const TOKENS = 'tokens';

/** A token is valid for an hour and shared by all requests; more at once would be a storm. */
export const MAX_TOKEN_REQUESTS = 4;

/**
 * The gates of one application in one tenant. They outlive its credential: Microsoft counts by application and tenant,
 * and a Retry-After holds for a new secret as well.
 */
export class TenantFences {
  readonly graph: Fence;
  readonly content: HostFences;
  readonly tokens: Fence;

  /** `tell` is called with the silence that Microsoft has asked of this server, and at which gate. */
  constructor(clock: Clock, maxConcurrent: number, tell: (gate: string, seconds: number) => void = () => {}) {
    this.graph = new Fence(clock, maxConcurrent, seconds => tell(GRAPH, seconds));
    this.content = new HostFences(clock, maxConcurrent, tell);
    this.tokens = new Fence(clock, MAX_TOKEN_REQUESTS, seconds => tell(TOKENS, seconds));
  }

  /** Keeps a silence that Microsoft has asked of another server. */
  keepSilent(gate: string, seconds: number): void {
    const fence = gate === GRAPH ? this.graph : gate === TOKENS ? this.tokens : this.content.ofHost(gate);
    fence.keepSilent(seconds);
  }

  /** Changes the limit of requests under way, to Graph and to each content host. */
  limit(maxConcurrent: number): void {
    this.graph.limit(maxConcurrent);
    this.content.limit(maxConcurrent);
  }

  /** Returns the longest remaining silence in seconds. */
  quietSeconds(): number {
    return Math.max(this.graph.quietSeconds(), this.content.quietSeconds(), this.tokens.quietSeconds());
  }
}
