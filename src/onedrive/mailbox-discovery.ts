import type { CallGraph } from '../graph/client.ts';
import { getUser } from '../graph/users.ts';
import type { KnownMailbox } from '../state/mailbox-store.ts';
import { askDirectory, asksForAll, type Person } from './ask-directory.ts';
import type { KnownMailboxes } from './known-mailboxes.ts';
import { type Candidate, createRuleFinder, type MailboxPattern, mayHaveDrive, ruleKey } from './mailbox-rule.ts';

/** Who is missing is asked for one by one; more than these wait for the next look. */
const MAX_CHECKS = 100;

export interface MailboxDiscoveryOptions<R extends MailboxPattern> {
  readonly call: CallGraph;
  readonly tenantId: string;
  /** In their order: the first that fits a mailbox has it. */
  readonly rules: readonly R[];
  /** Mailboxes of this tenant, by user principal name or object id, that have a mount of their own. */
  readonly singles: readonly string[];
  readonly known: KnownMailboxes;
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
  readonly #findRule: (candidate: Candidate) => R | undefined;
  readonly #keys: readonly string[];
  #isComplete: boolean;
  /** By object id: were gone, or another rule's, at the last look. */
  #doubted: ReadonlySet<string> = new Set();

  constructor(options: MailboxDiscoveryOptions<R>) {
    this.#options = options;
    this.#findRule = createRuleFinder(options.rules, options.singles);
    this.#keys = options.rules.map(rule => ruleKey(rule, options.singles));
    this.#isComplete = this.#keys.every(key => options.known.isAnswered(options.tenantId, key));
  }

  /** What the rules find among those who are known, be it from an earlier run. */
  found(): FoundMailbox<R>[] {
    return this.#served().map(({ userId, name, rule }) => ({ userId, name, rule }));
  }

  /** Whether every rule has been answered: what is not found then is not there. */
  isComplete(): boolean {
    return this.#isComplete;
  }

  /** Looks into the directory. Throws GraphError, and has then changed nothing. */
  async run(signal: AbortSignal): Promise<void> {
    const { known, tenantId } = this.#options;
    const served = this.#served();
    const { seen, gone } = await this.#look(served, signal);
    const lost = served.filter(({ userId, rule }) => this.#ruleOf(seen.get(userId)) !== rule);
    // Gone, or another rule's: either has to be seen twice, since another rule may show another folder.
    const isDoubtful = ({ userId }: KnownMailbox) => seen.has(userId) || gone.has(userId);
    const staying = lost.filter(mailbox => !(isDoubtful(mailbox) && this.#doubted.has(mailbox.userId)));
    const present = new Map([...seen, ...staying.map(mailbox => [mailbox.userId, mailbox] as const)]);
    known.record({
      tenantId,
      present: [...present.values()].sort(byPrincipal),
      gone: known.mounted(tenantId).flatMap(({ userId }) => (present.has(userId) ? [] : [userId])),
      rules: this.#keys,
    });
    this.#isComplete = true;
    this.#doubted = new Set(staying.filter(isDoubtful).map(({ userId }) => userId));
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
    return mayHaveDrive(user) && this.#findRule(candidate) !== undefined ? candidate : undefined;
  }

  /**
   * Whom the rules find now, and which of those who are served are gone. Where only groups are asked for, a complete list of the members says it;
   * the list of everybody lags behind, so that who is missing is asked for by itself. Of some nothing may be known.
   */
  async #look(
    served: readonly KnownMailbox[],
    signal: AbortSignal,
  ): Promise<{ seen: ReadonlyMap<string, Candidate>; gone: ReadonlySet<string> }> {
    const { call, rules } = this.#options;
    const people = await askDirectory(rules, { call, signal });
    const seen = this.#select(people);
    const missing = served.map(({ userId }) => userId).filter(userId => !seen.has(userId));
    if (!asksForAll(rules)) {
      return { seen, gone: new Set(missing) };
    }
    // Those of the last look first: at most so many as can be asked for.
    const isDoubted = (userId: string) => this.#doubted.has(userId);
    const queue = [...missing.filter(isDoubted), ...missing.filter(userId => !isDoubted(userId))];
    const gone = new Set<string>();
    for (const userId of queue.slice(0, MAX_CHECKS)) {
      const user = await getUser(call, userId, signal);
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

/** So that names do not depend on the order of a listing. */
function byPrincipal(left: Candidate, right: Candidate): number {
  return left.principal < right.principal ? -1 : 1;
}
