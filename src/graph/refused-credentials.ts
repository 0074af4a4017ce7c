import type { Clock } from '../lib/clock.ts';
import type { Credential } from './credential-kinds.ts';
import type { GraphError } from './errors.ts';

/** So long a refused credential is not sent again: a load of requests must not become one of wrong secrets. */
const PAUSE_MS = 5_000;

interface Refusal {
  readonly error: GraphError;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** In the order in which they were noted. */
  readonly place: number;
}

/**
 * Remembers for some seconds which credentials Microsoft has refused. Equal credentials are one object (see
 * `RollingCredential`), so what a file newly contains is tried at once.
 */
export class RefusedCredentials {
  readonly #clock: Clock;
  readonly #refused = new WeakMap<Credential, Refusal>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the refusal that still counts. */
  of(credential: Credential): GraphError | undefined {
    return this.#find(credential)?.error;
  }

  note(credential: Credential, error: GraphError): void {
    this.#count += 1;
    this.#refused.set(credential, { error, until: this.#clock.now() + PAUSE_MS, place: this.#count });
  }

  /** Returns true when both are refused, and this one was earlier than the other. */
  isOlder(credential: Credential, other: Credential): boolean {
    const [one, two] = [this.#find(credential), this.#find(other)];
    return one !== undefined && two !== undefined && one.place < two.place;
  }

  forget(credential: Credential): void {
    this.#refused.delete(credential);
  }

  #find(credential: Credential): Refusal | undefined {
    const found = this.#refused.get(credential);
    return found !== undefined && this.#clock.now() < found.until ? found : undefined;
  }
}
