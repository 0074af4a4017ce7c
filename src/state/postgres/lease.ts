/** The server itself believes in its lease for less, by what a commit may need on its way, and for clocks that drift. */
const BELIEVED = 0.8;

/** Two clocks: one does not go back, the other goes on while the machine sleeps. */
function read() {
  return { steady: performance.now(), wall: Date.now() };
}

/** A moment of this machine, before something was sent. */
export type Moment = ReturnType<typeof read>;

/**
 * This server's own view of its lease. It is computed whenever somebody asks, so that a process that was paused does not
 * act on a lease that has ended meanwhile.
 */
export class Lease {
  readonly #lengthMs: number;
  #since: Moment | undefined;
  #life = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** `lengthMs`: for so long the state counts the server among the living after it has last said that it is. */
  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  static now(): Moment {
    return read();
  }

  /** Aborted when the lease that is held now has ended. */
  get lost(): AbortSignal {
    return this.#life.signal;
  }

  /** The state has confirmed what was sent at `sent`. */
  confirmed(sent: Moment): void {
    this.#since = sent;
    clearTimeout(this.#timer);
    if (this.#life.signal.aborted) {
      this.#life = new AbortController();
    }
    const life = this.#life;
    this.#timer = setTimeout(() => life.abort(), this.#leftMs()).unref();
  }

  end(): void {
    this.#since = undefined;
    clearTimeout(this.#timer);
    this.#life.abort();
  }

  isHeld(): boolean {
    return this.#leftMs() > 0;
  }

  /** Returns the milliseconds since it was last known to be held; infinite when it never was. */
  ageMs(): number {
    if (this.#since === undefined) {
      return Number.POSITIVE_INFINITY;
    }
    const { steady, wall } = read();
    return Math.max(steady - this.#since.steady, wall - this.#since.wall);
  }

  #leftMs(): number {
    return Math.max(0, BELIEVED * this.#lengthMs - this.ageMs());
  }
}
