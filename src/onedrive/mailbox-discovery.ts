import type { CallGraph } from '../graph/client.ts';
import { isGraphError } from '../graph/errors.ts';
import { type DirectoryUser, getUser } from '../graph/users.ts';
import type { KnownMailbox } from '../state/mailbox-store.ts';
import { askDirectory, type Person } from './ask-directory.ts';
import type { KnownMailboxes } from './known-mailboxes.ts';
import {
  type Candidate,
  createRuleFinder,
  isGuest,
  type MailboxPattern,
  mayHaveDrive,
  ruleKey,
} from './mailbox-rule.ts';

/** Who is missing is asked for one by one; more than these wait for the next look. */
const MAX_CHECKS = 100;
/** Of fewer mailboxes half may well leave at once. */
const MIN_FOR_MASS = 4;

/** More than half of the mailboxes would leave at once: rather a wrong answer than the truth, until the next look, an interval later, says it too. */
export class MassLeave extends Error {
  constructor(leaving: number, served: number) {
    super(`the directory lacks ${leaving} of ${served} mailboxes; they are served until the next look lacks them, too`);
    this.name = 'MassLeave';
  }
}

export interface MailboxDiscoveryOptions<R extends MailboxPattern> {
  readonly call: CallGraph;
  readonly tenantId: string;
  /** In their order: the first that fits a mailbox has it. */
  readonly rules: readonly R[];
  /** Mailboxes of this tenant, by user principal name or object id, that have a mount of their own. */
  readonly singles: readonly string[];
  readonly known: KnownMailboxes;
  /** Whether the drive of a user, by object id, is known to be that of a mount of the configuration. */
  readonly hasOwnMount?: (userId: string) => boolean;
  readonly warn?: (message: string) => void;
}

/** A mailbox to be mounted. */
export interface FoundMailbox<R> {
  readonly userId: string;
  /** Of its mount; for good. */
  readonly name: string;
  readonly rule: R;
}

/**
 * The mailboxes that the rules of one tenant find. What was found once is served by its rule until it is proven gone: two complete looks into the
 * directory in a row lack it, and asked for by its id it is not there or fits no rule. A look that fails changes nothing.
 */
export class MailboxDiscovery<R extends MailboxPattern> {
  readonly #options: MailboxDiscoveryOptions<R>;
  #findFitting: (candidate: Candidate) => R | undefined;
  readonly #keys: readonly string[];
  #isComplete: boolean;
  /** By object id: were gone, or another rule's, at the last look. */
  #doubted: ReadonlySet<string> = new Set();
  /** By object id: would have left at the last look, which was not believed. */
  #disbelieved: ReadonlySet<string> = new Set();
  /** Object ids of those with a mount of their own, by what the configuration says, in lower case. */
  #owners: ReadonlyMap<string, string>;
  readonly #warned = new Set<string>();

  constructor(options: MailboxDiscoveryOptions<R>) {
    this.#options = options;
    const singles = new Set(options.singles.map(single => single.toLowerCase()));
    const kept = options.known.owners(options.tenantId);
    this.#owners = new Map([...kept].filter(([single]) => singles.has(single)));
    this.#findFitting = this.#createFinder();
    this.#keys = options.rules.map(rule => ruleKey(rule, options.singles));
    this.#isComplete = this.#keys.every(key => options.known.isAnswered(options.tenantId, key));
  }

  /** What the rules find among those who are known, be it from an earlier run. */
  found(): FoundMailbox<R>[] {
    const served = this.#served().filter(mailbox => !this.#mayBeOfNewRule(mailbox));
    return served.map(({ userId, name, rule }) => ({ userId, name, rule }));
  }

  /** Whether every rule has been answered: what is not found then is not there. */
  isComplete(): boolean {
    return this.#isComplete;
  }

  /** Looks into the directory. Throws GraphError, and has then changed nothing. */
  async run(signal: AbortSignal): Promise<void> {
    const { known, tenantId } = this.#options;
    const people = await askDirectory(this.#options.rules, { call: this.#options.call, signal });
    await this.#findOwners(people, signal);
    const served = this.#served();
    const { seen, gone } = await this.#look(people, served, signal);
    const lost = served.filter(({ userId, rule }) => this.#ruleOf(seen.get(userId)) !== rule);
    // Gone, or another rule's: either has to be seen twice, since another rule may show another folder.
    const isDoubtful = ({ userId }: KnownMailbox) => seen.has(userId) || gone.has(userId);
    // A rule that was never answered holds from its first answer on.
    const isDecided = ({ userId }: KnownMailbox) =>
      this.#doubted.has(userId) || (seen.has(userId) && !this.#isComplete);
    const staying = lost.filter(mailbox => !(isDoubtful(mailbox) && isDecided(mailbox)));
    const present = new Map([...seen, ...staying.map(mailbox => [mailbox.userId, mailbox] as const)]);
    this.#refuseMassLeave(
      served,
      served.map(({ userId }) => userId).filter(userId => !present.has(userId)),
    );
    known.record({
      tenantId,
      present: [...present.values()].sort(byPrincipal),
      gone: known.mounted(tenantId).flatMap(({ userId }) => (present.has(userId) ? [] : [userId])),
      rules: this.#keys,
      owners: this.#owners,
    });
    this.#isComplete = true;
    this.#doubted = new Set(staying.filter(isDoubtful).map(({ userId }) => userId));
  }

  #createFinder(): (candidate: Candidate) => R | undefined {
    return createRuleFinder(this.#options.rules, [...this.#options.singles, ...this.#owners.values()]);
  }

  #findRule(candidate: Candidate): R | undefined {
    return this.#options.hasOwnMount?.(candidate.userId) ? undefined : this.#findFitting(candidate);
  }

  /** A rule before theirs that nobody has answered yet might be for the members of a group that they are in. */
  #mayBeOfNewRule({ principal, userId, rule }: KnownMailbox & { readonly rule: R }): boolean {
    const { rules, known, tenantId } = this.#options;
    if (this.#isComplete) {
      return false;
    }
    const before = rules.slice(0, rules.indexOf(rule)).filter((each, index) => {
      return each.group !== undefined && !known.isAnswered(tenantId, this.#keys[index]!);
    });
    const groups = before.map(({ group }) => group!.toLowerCase());
    return createRuleFinder(before, [])({ principal, userId, groups }) !== undefined;
  }

  /** Whose the addresses of single mounts are: a new address must not make a rule find them. */
  async #findOwners(people: ReadonlyMap<string, Person>, signal: AbortSignal): Promise<void> {
    const { call, singles } = this.#options;
    const byAddress = new Map([...people.values()].map(({ user }) => [user.userPrincipalName.toLowerCase(), user]));
    const owners = new Map(this.#owners);
    for (const single of singles.map(each => each.toLowerCase()).filter(each => each.includes('@'))) {
      const holder = byAddress.get(single);
      const owner = owners.get(single) ?? holder?.id ?? (await askForOne(call, single, signal))?.id;
      if (owner !== undefined) {
        owners.set(single, owner);
        this.#warnOfOther(single, owner, holder);
      }
    }
    this.#owners = owners;
    this.#findFitting = this.#createFinder();
  }

  #warnOfOther(single: string, owner: string, holder: DirectoryUser | undefined): void {
    if (holder !== undefined && holder.id !== owner && !this.#warned.has(single)) {
      this.#warned.add(single);
      this.#options.warn?.(
        `the mailbox "${single}" of a mount is now ${holder.id}, and was ${owner}; no rule mounts either: write the object id of the one you mean`,
      );
    }
  }

  #refuseMassLeave(served: readonly KnownMailbox[], leaving: readonly string[]): void {
    const isMass = served.length >= MIN_FOR_MASS && leaving.length * 2 > served.length;
    const before = this.#disbelieved;
    this.#disbelieved = new Set(isMass ? leaving : []);
    if (isMass && !leaving.every(userId => before.has(userId))) {
      throw new MassLeave(leaving.length, served.length);
    }
  }

  /** Known mailboxes that a rule finds; the configuration may have changed since they were found. */
  #served(): (KnownMailbox & { readonly rule: R })[] {
    const { known, tenantId } = this.#options;
    return known.mounted(tenantId).flatMap(mailbox => {
      const rule = this.#findRule(mailbox);
      return rule === undefined ? [] : [{ ...mailbox, rule }];
    });
  }

  #ruleOf(candidate: Candidate | undefined): R | undefined {
    return candidate && this.#findRule(candidate);
  }

  /** Those of the people whom a rule finds, by object id. */
  #select(people: ReadonlyMap<string, Person>): Map<string, Candidate> {
    const candidates = [...people.values()].map(person => this.#candidateOf(person));
    return new Map(candidates.flatMap(candidate => (candidate === undefined ? [] : [[candidate.userId, candidate]])));
  }

  #candidateOf({ user, groups }: Person): Candidate | undefined {
    const candidate = { userId: user.id, principal: user.userPrincipalName, groups };
    const { known, tenantId } = this.#options;
    // That a licence is missing proves nothing of a OneDrive that is served.
    const isServed = () => known.isMounted(tenantId, user.id) && !isGuest(candidate.principal);
    return (mayHaveDrive(user) || isServed()) && this.#findRule(candidate) !== undefined ? candidate : undefined;
  }

  /**
   * Whom the rules find now, and which of those who are served are gone. Lists lag behind, and
   * leave out whom they show without a name: who is missing is asked for by itself. Of some nothing may be known.
   */
  async #look(
    people: ReadonlyMap<string, Person>,
    served: readonly KnownMailbox[],
    signal: AbortSignal,
  ): Promise<{ seen: ReadonlyMap<string, Candidate>; gone: ReadonlySet<string> }> {
    const { call } = this.#options;
    const seen = this.#select(people);
    const missing = served.map(({ userId }) => userId).filter(userId => !seen.has(userId));
    // Those of the last look first: at most so many as can be asked for.
    const isDoubted = (userId: string) => this.#doubted.has(userId);
    const queue = [...missing.filter(isDoubted), ...missing.filter(userId => !isDoubted(userId))];
    const gone = new Set<string>();
    for (const userId of queue.slice(0, MAX_CHECKS)) {
      const user = await getUser(call, userId, signal).catch(toUnnamed);
      if (user === 'unnamed') {
        continue;
      }
      const candidate = user && this.#candidateOf({ user, groups: people.get(userId)?.groups ?? [] });
      if (candidate === undefined) {
        gone.add(userId);
      } else {
        seen.set(userId, candidate);
      }
    }
    return { seen, gone };
  }
}

/** Without a name nothing can be said of them: they stay what they are. */
function toUnnamed(error: unknown): 'unnamed' {
  if (isGraphError(error, 'protocol')) {
    return 'unnamed';
  }
  throw error;
}

/** By an address; undefined, too, when Graph does not take it for one. */
async function askForOne(call: CallGraph, address: string, signal: AbortSignal): Promise<DirectoryUser | undefined> {
  try {
    return await getUser(call, address, signal);
  } catch (error) {
    if (isGraphError(error, 'answer') && (error.status === 400 || error.status === 404)) {
      return undefined;
    }
    throw error;
  }
}

/** So that names do not depend on the order of a listing. */
function byPrincipal(left: Candidate, right: Candidate): number {
  return left.principal < right.principal ? -1 : 1;
}
