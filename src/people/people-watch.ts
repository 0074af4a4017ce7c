import { isGraphError } from '../graph/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type FailedTurn, Repeating } from '../lib/repeating.ts';
import type { KnownPerson, PeopleStore } from '../state/people-store.ts';
import { createAdmission } from './admission.ts';
import { type LookOptions, lookAtDirectory, lookAtPerson, lookKey, type RoleUsers } from './directory-look.ts';
import type { AdmittedPerson } from './people.ts';

/** The pause after a failure; each further failure doubles it, up to the interval. */
const FIRST_RETRY_MS = 15 * 1000;
/** The shortest Retry-After while nobody can be told from anybody. */
const MIN_WAIT_SECONDS = 5;
/**
 * How long people are served from the last whole look. A directory that cannot be read for longer may have dismissed
 * somebody, so nobody is let in on its word any more.
 */
const MAX_AGE_MS = 24 * 60 * 60_000;

export interface PeopleWatchOptions extends LookOptions {
  readonly store: PeopleStore;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with everybody in the directory after each whole look. */
  readonly onLook: (people: readonly KnownPerson[]) => Promise<void>;
  /** Called after each change of the people. */
  readonly onChange: () => void;
}

/** The people of one tenant whom rules let in: looked for at the interval, and one by one when they sign in. */
export class PeopleWatch {
  readonly #options: PeopleWatchOptions;
  readonly #admit: ReturnType<typeof createAdmission>;
  readonly #turns: Repeating;
  #admitted = new Map<string, { readonly known: string; readonly person: AdmittedPerson }>();
  #roleUsers: RoleUsers = new Map();
  #lookedAt: number | undefined;
  #cause: string | undefined;

  private constructor(options: PeopleWatchOptions) {
    this.#options = options;
    this.#admit = createAdmission(options.rules);
    this.#turns = new Repeating({
      clock: options.clock,
      work: signal => this.#look(signal),
      pauseAfter: failed => this.#pauseAfter(failed),
    });
  }

  /** Begins with the people of the last look, if it asked for the same; makes no calls. */
  static async open(options: PeopleWatchOptions): Promise<PeopleWatch> {
    const watch = new PeopleWatch(options);
    const last = await options.store.last(options.tenantId);
    if (last?.key === lookKey(options.rules)) {
      watch.#roleUsers = rolesIn(last.people);
      watch.#take(last.people, last.at);
    }
    return watch;
  }

  get tenantId(): string {
    return this.#options.tenantId;
  }

  /** Returns the admitted people by object id, in lower case; nobody when the last look is too old. */
  find(userId: string): AdmittedPerson | undefined {
    return this.isKnown() ? this.#admitted.get(userId)?.person : undefined;
  }

  all(): AdmittedPerson[] {
    return [...this.#admitted.values()].map(({ person }) => person);
  }

  isKnown(): boolean {
    return this.#lookedAt !== undefined && this.#options.clock.now() - this.#lookedAt <= MAX_AGE_MS;
  }

  waitSeconds(): number {
    return Math.max(MIN_WAIT_SECONDS, Math.ceil(this.#turns.secondsToNext()));
  }

  start(): void {
    this.#turns.start();
  }

  stop(): Promise<void> {
    return this.#turns.stop();
  }

  /** Looks at one person now. Throws GraphError. */
  async look(userId: string, signal: AbortSignal): Promise<AdmittedPerson | undefined> {
    const known = await lookAtPerson(this.#options, { userId, roleUsers: this.#roleUsers }, signal);
    if (known === undefined) {
      this.#forget(userId.toLowerCase());
      return undefined;
    }
    await this.#options.store.keepOne(known);
    const person = this.#keep(known);
    this.#options.onChange();
    return person;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { store, tenantId, rules, clock, log, onLook } = this.#options;
    const at = clock.now();
    const { people, roleUsers } = await lookAtDirectory(this.#options, signal);
    await store.keep({ tenantId, at, key: lookKey(rules), people });
    this.#roleUsers = roleUsers;
    if (this.#cause !== undefined) {
      log.info('people can be looked for again');
      this.#cause = undefined;
    }
    await onLook(people);
    this.#take(people, at);
  }

  #take(people: readonly KnownPerson[], at: number): void {
    this.#lookedAt = at;
    const present = new Set(people.map(({ userId }) => userId));
    for (const userId of this.#admitted.keys()) {
      if (!present.has(userId)) {
        this.#admitted.delete(userId);
      }
    }
    for (const person of people) {
      this.#keep(person);
    }
    this.#options.onChange();
  }

  /** Keeps the same object for a person of whom nothing has changed. */
  #keep(known: KnownPerson): AdmittedPerson | undefined {
    const text = JSON.stringify(known);
    const before = this.#admitted.get(known.userId);
    if (before?.known === text) {
      return before.person;
    }
    const person = this.#admit(known);
    if (person === undefined) {
      this.#admitted.delete(known.userId);
    } else {
      this.#admitted.set(known.userId, { known: text, person });
    }
    return person;
  }

  #forget(userId: string): void {
    if (this.#admitted.delete(userId)) {
      this.#options.onChange();
    }
  }

  #pauseAfter(failed: FailedTurn | undefined): number {
    const { intervalMs } = this.#options;
    if (failed === undefined) {
      return intervalMs;
    }
    this.#report(failed.error);
    const asked = isGraphError(failed.error) ? (failed.error.retryAfterSeconds ?? 0) * 1000 : 0;
    return Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** (failed.failures - 1), intervalMs));
  }

  /** Logs one line for each cause: a tenant can be unreachable for days. */
  #report(error: unknown): void {
    const cause = isGraphError(error) ? [error.kind, error.status, ...error.codes].join(' ') : String(error);
    if (cause !== this.#cause) {
      this.#cause = cause;
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log.error(
        { err: error },
        `people could not be looked for; for a day they are served as last seen: ${message}`,
      );
    }
  }
}

function rolesIn(people: readonly KnownPerson[]): RoleUsers {
  const roles = new Set(people.flatMap(({ appRoles }) => appRoles));
  const holders = (role: string) =>
    people.filter(({ appRoles }) => appRoles.includes(role)).map(({ userId }) => userId);
  return new Map([...roles].map(role => [role, new Set(holders(role))]));
}
