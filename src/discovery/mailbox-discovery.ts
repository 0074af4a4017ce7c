import type { CallGraph } from '../graph/client.ts';
import { isGraphError } from '../graph/errors.ts';
import { getUser } from '../graph/users.ts';
import type { KnownMailbox } from '../state/mailbox-store.ts';
import { askDirectory, type Person } from './ask-directory.ts';
import type { KnownMailboxes } from './known-mailboxes.ts';
import type { MailboxPattern } from './mailbox-pattern.ts';
import { type Candidate, createRuleFinder, isGuest, mayHaveDrive, ruleKey } from './mailbox-rule.ts';
import { MassLeaveGuard } from './mass-leave.ts';
import { SingleOwners } from './single-owners.ts';

/** Missing users are requested one by one; more than this wait for the next look. */
const MAX_CHECKS = 100;
export interface MailboxDiscoveryOptions<R extends MailboxPattern> {
  readonly call: CallGraph;
  readonly tenantId: string;
  /** In order: the first rule that fits a mailbox gets it. */
  readonly rules: readonly R[];
  /** Mailboxes of this tenant, by user principal name or object id, that have a mount of their own. */
  readonly singles: readonly string[];
  readonly known: KnownMailboxes;
  /** Called for each look. */
  readonly ownMounts?: () => Promise<OwnMounts>;
  readonly warn?: (message: string) => void;
}

/** Returns true when the drive of a user, by object id, is known to belong to a mount of the configuration. */
export type OwnMounts = (userId: string) => boolean;

/** A mailbox to mount. */
export interface FoundMailbox<R> {
  readonly userId: string;
  /** The user principal name as last seen. */
  readonly principal: string;
  /** The permanent name of its mount. */
  readonly name: string;
  readonly rule: R;
}

/**
 * The mailboxes that one tenant's rules find. A found mailbox is served by its rule until it is proven gone: two
 * complete looks into the directory in a row lack it, and a request by its id finds nothing or a user that fits no
 * rule. A failed look changes nothing.
 */
export class MailboxDiscovery<R extends MailboxPattern> {
  readonly #options: MailboxDiscoveryOptions<R>;
  #findFitting: (candidate: Candidate) => R | undefined;
  #hasOwnMount: OwnMounts;
  readonly #keys: readonly string[];
  #isComplete: boolean;
  /** Users that were gone, or fitted another rule, at the last look, by object id. */
  #doubted: ReadonlySet<string> = new Set();
  readonly #massLeave = new MassLeaveGuard();
  readonly #owners: SingleOwners;

  private constructor(options: MailboxDiscoveryOptions<R>, hasOwnMount: OwnMounts) {
    this.#options = options;
    const { call, singles, warn } = options;
    this.#owners = new SingleOwners({ call, singles, warn, kept: options.known.owners(options.tenantId) });
    this.#findFitting = this.#createFinder();
    this.#hasOwnMount = hasOwnMount;
    this.#keys = options.rules.map(rule => ruleKey(rule, options.singles));
    this.#isComplete = this.#keys.every(key => options.known.isAnswered(options.tenantId, key));
  }

  static async open<R extends MailboxPattern>(options: MailboxDiscoveryOptions<R>): Promise<MailboxDiscovery<R>> {
    return new MailboxDiscovery(options, await findOwnMounts(options));
  }

  /** Returns the known mailboxes that the rules find, including those of earlier runs. */
  found(): FoundMailbox<R>[] {
    const served = this.#served().filter(mailbox => !this.#mayBeOfNewRule(mailbox));
    return served.map(({ userId, principal, name, rule }) => ({ userId, principal, name, rule }));
  }

  /** Returns true when every rule has been answered: then a mailbox that is not found does not exist. */
  isComplete(): boolean {
    return this.#isComplete;
  }

  /** Looks into the directory. Throws GraphError or MassLeave, and then changes nothing. */
  async run(signal: AbortSignal): Promise<void> {
    const { call, rules } = this.#options;
    const people = await askDirectory(rules, { call, signal });
    await this.#owners.find(people, signal);
    this.#findFitting = this.#createFinder();
    this.#hasOwnMount = await findOwnMounts(this.#options);
    const served = this.#served();
    const { seen, gone } = await this.#look(people, served, signal);
    // Gone, or under another rule: either must be seen twice, since another rule may show another folder.
    const isDoubtful = ({ userId }: KnownMailbox) => seen.has(userId) || gone.has(userId);
    const lost = served.filter(({ userId, rule }) => this.#ruleOf(seen.get(userId)) !== rule);
    const staying = lost.filter(mailbox => !(isDoubtful(mailbox) && this.#isDecided(mailbox, seen)));
    await this.#record(new Map([...seen, ...staying.map(mailbox => [mailbox.userId, mailbox] as const)]), served);
    this.#isComplete = true;
    this.#doubted = new Set(staying.filter(isDoubtful).map(({ userId }) => userId));
  }

  /** Returns true for a change seen twice. A rule that was never answered applies from its first answer on. */
  #isDecided({ userId }: KnownMailbox, seen: ReadonlyMap<string, Candidate>): boolean {
    return this.#doubted.has(userId) || (seen.has(userId) && !this.#isComplete);
  }

  async #record(present: ReadonlyMap<string, Candidate>, served: readonly KnownMailbox[]): Promise<void> {
    const { known, tenantId } = this.#options;
    const isAbsent = ({ userId }: KnownMailbox) => !present.has(userId);
    this.#massLeave.check(
      served.length,
      served.filter(isAbsent).map(({ userId }) => userId),
    );
    await known.record({
      tenantId,
      present: [...present.values()].sort(byPrincipal),
      gone: known
        .mounted(tenantId)
        .filter(isAbsent)
        .map(({ userId }) => userId),
      rules: this.#keys,
      owners: this.#owners.byAddress,
    });
  }

  #createFinder(): (candidate: Candidate) => R | undefined {
    return createRuleFinder(this.#options.rules, this.#owners.names());
  }

  #findRule(candidate: Candidate): R | undefined {
    return this.#hasOwnMount(candidate.userId) ? undefined : this.#findFitting(candidate);
  }

  /** Returns true when an earlier, unanswered rule might apply, because the user may be in its group. */
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

  /** Returns the known mailboxes that a rule finds; the configuration may have changed since. */
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

  /** Returns the people whom a rule finds, by object id. */
  #select(people: ReadonlyMap<string, Person>): Map<string, Candidate> {
    const candidates = [...people.values()].map(person => this.#candidateOf(person));
    return new Map(candidates.flatMap(candidate => (candidate === undefined ? [] : [[candidate.userId, candidate]])));
  }

  #candidateOf({ user, groups }: Person): Candidate | undefined {
    const candidate = { userId: user.id, principal: user.userPrincipalName, groups };
    const { known, tenantId } = this.#options;
    // A missing licence proves nothing about a OneDrive that is served.
    const isServed = () => known.isMounted(tenantId, user.id) && !isGuest(candidate.principal);
    return (mayHaveDrive(user) || isServed()) && this.#findRule(candidate) !== undefined ? candidate : undefined;
  }

  /**
   * Returns the users whom the rules find now, and the served ones that are gone. Lists lag behind, and omit users
   * shown without a name: missing users are requested one by one. Some may stay unknown.
   */
  async #look(
    people: ReadonlyMap<string, Person>,
    served: readonly KnownMailbox[],
    signal: AbortSignal,
  ): Promise<{ seen: ReadonlyMap<string, Candidate>; gone: ReadonlySet<string> }> {
    const { call } = this.#options;
    const seen = this.#select(people);
    const missing = served.map(({ userId }) => userId).filter(userId => !seen.has(userId));
    // Those doubted at the last look go first, up to the limit of requests.
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

async function findOwnMounts({ ownMounts }: Pick<MailboxDiscoveryOptions<never>, 'ownMounts'>): Promise<OwnMounts> {
  return (await ownMounts?.()) ?? (() => false);
}

/** Translates the error for a user without a name: nothing is known about them, so they stay as they are. */
function toUnnamed(error: unknown): 'unnamed' {
  if (isGraphError(error, 'protocol')) {
    return 'unnamed';
  }
  throw error;
}

/** Orders by principal, so that names do not depend on the order of a listing. */
function byPrincipal(left: Candidate, right: Candidate): number {
  return left.principal < right.principal ? -1 : 1;
}
