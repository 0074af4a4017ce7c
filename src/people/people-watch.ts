import { GraphError, isGraphError } from '../graph/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type FailedTurn, Repeating } from '../lib/repeating.ts';
import type { PeerMessages, Peers } from '../state/peers.ts';
import type { KnownPerson, PeopleStore } from '../state/people-store.ts';
import { AdmittedPeople } from './admitted-people.ts';
import {
  type AskedUser,
  askForUser,
  type DirectoryLook,
  groupsOf,
  knownFrom,
  type LookOptions,
  lookAtDirectory,
  lookKey,
  type RoleUsers,
  rolesIn,
  rolesOf,
  withRolesOf,
} from './directory-look.ts';
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
/** So many people who are missing in a list of all are asked for one by one: the list may lag behind. */
const MAX_ASKED = 100;

/** The parts that hear of what a watch sees. */
export interface PeopleListeners {
  /** Called with everybody in the directory after each whole look, before they are admitted. */
  readonly onLook: (people: readonly KnownPerson[], signal: AbortSignal) => Promise<void>;
  /** Called after each change of the admitted people. */
  readonly onChange: () => void;
}

export interface PeopleWatchOptions extends LookOptions, PeopleListeners {
  readonly store: PeopleStore;
  readonly peers: Peers;
  /** The name of the looks in the store. */
  readonly storeKey: string;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called so that the next token includes newly granted permissions. */
  readonly forgetToken: () => void;
  /** Called after each look: whether it failed. */
  readonly onOutcome?: (outcome: { readonly failed: boolean }) => void;
}

/** Takes the answer of the directory about one user; undefined: there is no such user. */
export type TakeAnswer = (userId: string, asked: AskedUser | undefined) => Promise<void>;

/** The answer about one person, with the roles that are known of people; undefined: there is no such user. */
type Answer = (roleUsers: RoleUsers) => KnownPerson | undefined;

/**
 * The people of one tenant whom rules let in: looked for at the interval, and one by one when they sign in. Of several
 * servers with one state, each looks for everybody by itself, and tells the others of those whom it has asked for.
 */
export class PeopleWatch {
  #options: PeopleWatchOptions;
  readonly #people: AdmittedPeople;
  readonly #turns: Repeating;
  /** Numbers the looks in the order in which they began. */
  #begun = 0;
  /** The last whole look. */
  #whole = 0;
  /** Looks at one person that began after the last whole look began. */
  readonly #single = new Map<string, { readonly begun: number; readonly answer: Answer }>();
  #roleUsers: RoleUsers = new Map();
  #missingGroups = '';
  #lookedAt: number | undefined;
  #cause: string | undefined;
  /** The store gets the looks in the order in which they were taken. */
  #written: Promise<unknown> = Promise.resolve();
  readonly #endNews: readonly (() => void)[];

  private constructor(options: PeopleWatchOptions) {
    this.#options = options;
    this.#people = new AdmittedPeople(options.rules);
    this.#turns = new Repeating({
      clock: options.clock,
      work: signal => this.#look(signal),
      pauseAfter: failed => this.#pauseAfter(failed),
    });
    const { peers } = options;
    this.#endNews = [peers.on('person', person => this.#hear(person)), peers.onGap(() => void this.#catchUp())];
  }

  /** Begins with the people of the last look, if it asked for the same; makes no calls. */
  static async open(options: PeopleWatchOptions): Promise<PeopleWatch> {
    const watch = new PeopleWatch(options);
    const last = await options.store.last(options.storeKey);
    if (last?.key === lookKey(options)) {
      watch.#roleUsers = rolesIn(last.people);
      watch.#people.replace(watch.#withLaterAnswers(last.people, { begun: 0, roleUsers: watch.#roleUsers }));
      watch.#lookedAt = last.at;
    }
    return watch;
  }

  get tenantId(): string {
    return this.#options.tenantId;
  }

  get asksForGroups(): boolean {
    return groupsOf(this.#options.rules).length > 0;
  }

  get asksForRoles(): boolean {
    return rolesOf(this.#options.rules).length > 0;
  }

  /** Calls these listeners from now on, and no others. */
  reportTo({ onLook, onChange }: PeopleListeners): void {
    this.#options = { ...this.#options, onLook, onChange };
  }

  /** Returns a person by object id, in lower case, whatever the age of the last look. */
  get(userId: string): AdmittedPerson | undefined {
    return this.#people.get(userId);
  }

  all(): AdmittedPerson[] {
    return this.#people.all();
  }

  /** Returns false when the last whole look is too old, or in the future: a clock that was wrong proves nothing. */
  isKnown(): boolean {
    return this.#lookedAt !== undefined && Math.abs(this.#options.clock.now() - this.#lookedAt) <= MAX_AGE_MS;
  }

  waitSeconds(): number {
    return Math.max(MIN_WAIT_SECONDS, Math.ceil(this.#turns.secondsToNext()));
  }

  start(): void {
    this.#turns.start();
  }

  stop(): Promise<void> {
    for (const end of this.#endNews) {
      end();
    }
    return this.#turns.stop();
  }

  /** Asks for one user now, with 1 call, or 2 with their groups. Throws GraphError. */
  ask(userId: string, { withGroups }: { withGroups: boolean }, signal: AbortSignal): Promise<AskedUser | undefined> {
    return askForUser(this.#options.call, { userId, withGroups }, signal);
  }

  /** Begins a look at one user; the returned function takes the answer, unless a later look has ended first. */
  begin(): TakeAnswer {
    this.#begun += 1;
    const begun = this.#begun;
    return (userId, asked) => this.#takeOne(begun, userId, asked);
  }

  async #takeOne(begun: number, userId: string, asked: AskedUser | undefined): Promise<void> {
    if (begun < this.#whole || begun < (this.#single.get(userId)?.begun ?? 0)) {
      return;
    }
    const { store, storeKey: tenantId, peers } = this.#options;
    const known = this.#take(userId, { begun, answer: roles => asked && knownFrom(asked, this.#options, roles) });
    await Promise.all([
      this.#write(() => (known === undefined ? store.forgetOne(tenantId, userId) : store.keepOne(tenantId, known))),
      // Before the person has an answer: the next request may go to another server.
      peers.tell('person', { tenantId, key: lookKey(this.#options), userId, known: known ?? null }),
    ]);
  }

  #take(userId: string, single: { readonly begun: number; readonly answer: Answer }): KnownPerson | undefined {
    const known = single.answer(this.#roleUsers);
    this.#single.set(userId, single);
    if (known === undefined ? this.#people.remove(userId) : this.#people.put(known)) {
      this.#options.onChange();
    }
    return known;
  }

  /** Takes what another server was told of one person, unless its rules ask for something else. */
  #hear({ tenantId, key, userId, known }: PeerMessages['person']): void {
    if (tenantId === this.#options.storeKey && key === lookKey(this.#options)) {
      this.#begun += 1;
      this.#take(userId, {
        begun: this.#begun,
        answer: roles => (known === null ? undefined : withRolesOf(known, roles)),
      });
    }
  }

  /** Takes those of whom others may have told while nothing was heard. If that fails, the next look finds them. */
  async #catchUp(): Promise<void> {
    this.#begun += 1;
    const begun = this.#begun;
    const last = await this.#options.store.last(this.#options.storeKey).catch(() => undefined);
    const isOlder = last === undefined || this.#lookedAt === undefined || last.at < this.#lookedAt;
    if (isOlder || last.key !== lookKey(this.#options) || begun < this.#whole) {
      return;
    }
    for (const person of last.people) {
      const { userId } = person;
      const isUnknown = this.#people.get(userId) === undefined && !this.#single.has(userId);
      if (isUnknown && this.#people.put(withRolesOf(person, this.#roleUsers))) {
        this.#single.set(userId, { begun, answer: roles => withRolesOf(person, roles) });
        this.#options.onChange();
      }
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    this.#begun += 1;
    const begun = this.#begun;
    const at = Math.floor(this.#options.clock.now());
    const look = await lookAtDirectory(this.#options, signal);
    const listed = [...look.people, ...(await this.#askForMissing(look, signal))];
    const failure = await settle(this.#options.onLook(listed, signal));
    signal.throwIfAborted();
    // Before anybody is known, mounts must be as well; later on it matters more that those who are dismissed leave.
    if (failure !== undefined && !this.isKnown()) {
      throw failure.reason;
    }
    await this.#takeWhole({ ...look, begun, at, people: listed });
    if (failure !== undefined) {
      throw failure.reason;
    }
    if (this.#cause !== undefined) {
      this.#options.log.info('people can be looked for again');
      this.#cause = undefined;
    }
  }

  async #takeWhole(look: DirectoryLook & { readonly begun: number; readonly at: number }): Promise<void> {
    const { store, storeKey, onChange } = this.#options;
    const { begun, at, roleUsers } = look;
    const people = this.#withLaterAnswers(look.people, { begun, roleUsers });
    this.#whole = begun;
    this.#lookedAt = at;
    this.#roleUsers = roleUsers;
    this.#warnOfGroups(look.missingGroups);
    if (this.#people.replace(people)) {
      onChange();
    }
    await this.#write(() => store.keep({ tenantId: storeKey, at, key: lookKey(this.#options), people }));
  }

  /**
   * Returns the list with the answers of looks at one person that began later than it, which do not tell roles; forgets
   * the others.
   */
  #withLaterAnswers(
    listed: readonly KnownPerson[],
    { begun, roleUsers }: { readonly begun: number; readonly roleUsers: RoleUsers },
  ): readonly KnownPerson[] {
    const people = new Map(listed.map(person => [person.userId, person]));
    for (const [userId, single] of this.#single) {
      if (single.begun < begun) {
        this.#single.delete(userId);
        continue;
      }
      const known = single.answer(roleUsers);
      if (known === undefined) {
        people.delete(userId);
      } else {
        people.set(userId, known);
      }
    }
    return [...people.values()];
  }

  /** Asks for admitted people who are not in the list: new ones come late into it. Throws GraphError. */
  async #askForMissing({ people, roleUsers }: DirectoryLook, signal: AbortSignal): Promise<KnownPerson[]> {
    const present = new Set(people.map(({ userId }) => userId));
    const missing = this.#people.all().filter(({ person }) => !present.has(person.userId));
    const found: KnownPerson[] = [];
    for (const { person } of missing.slice(0, MAX_ASKED)) {
      const asked = await this.ask(person.userId, { withGroups: this.asksForGroups }, signal).catch(asNameless);
      found.push(...(asked === undefined ? [] : [knownFrom(asked, this.#options, roleUsers)]));
    }
    if (missing.length > MAX_ASKED && found.length * 2 > MAX_ASKED) {
      throw new GraphError('protocol', `the list of users lacks ${missing.length} people, many of whom exist`);
    }
    return found;
  }

  #warnOfGroups(missing: readonly string[]): void {
    const text = missing.join(', ');
    if (text !== '' && text !== this.#missingGroups) {
      this.#options.log.warn(`there is no group ${text}, so nobody is let in as its member`);
    }
    this.#missingGroups = text;
  }

  #write(work: () => Promise<void>): Promise<void> {
    const written = this.#written.then(work, work);
    this.#written = written.catch(() => {});
    return written;
  }

  #pauseAfter(failed: FailedTurn | undefined): number {
    this.#options.onOutcome?.({ failed: failed !== undefined });
    const { intervalMs, forgetToken } = this.#options;
    if (failed === undefined) {
      return intervalMs;
    }
    if (isGraphError(failed.error, 'answer') && failed.error.status === 403) {
      forgetToken();
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

/** Nobody can be recognised in a user without a name. */
function asNameless(error: unknown): undefined {
  if (!isGraphError(error, 'protocol')) {
    throw error;
  }
}

async function settle(work: Promise<void>): Promise<{ readonly reason: unknown } | undefined> {
  const [result] = await Promise.allSettled([work]);
  return result.status === 'rejected' ? result : undefined;
}
