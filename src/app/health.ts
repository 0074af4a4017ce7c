import type { GraphError } from '../graph/errors.ts';
import type { ObservedTry } from '../graph/observer.ts';
import { isRefusal } from '../graph/token-refusals.ts';
import type { HealthPart } from '../http/health.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { GraphReach } from './graph-reach.ts';

type Part = HealthPart['part'];

interface Seen {
  readonly part: Part;
  readonly tenant?: string | undefined;
  /** For anybody; absent: the part is well. */
  readonly reason?: string | undefined;
  /** For the operator. */
  readonly cause?: string | undefined;
  /** True: the part itself has logged it. */
  readonly isLogged?: boolean;
}

type Trouble = Required<Pick<Seen, 'reason'>> & Pick<Seen, 'cause'>;

const REASONS = {
  refused: 'Microsoft refuses the credential',
  unreachable: 'Microsoft issues no token, or cannot be reached',
  broken: 'Microsoft Graph cannot be reached, or answers with errors only',
  discovery: 'the last look for mailboxes failed',
  people: 'the last look for people failed',
};

/**
 * What was last seen of each part. It lasts for the process, so that a reload does not make an old trouble new. Each
 * change is logged once, by the part itself or here: as an error when it becomes bad, as information when it is well.
 */
export class Health {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #parts = new Map<string, HealthPart>();
  /** What is wrong with each way to Microsoft, by tenant. */
  readonly #ways = new Map<string, Partial<Record<'tokens' | 'graph', Trouble>>>();

  constructor({ log, clock }: { log: Log; clock: Clock }) {
    this.#log = log;
    this.#clock = clock;
  }

  note({ part, tenant, reason, cause, isLogged = false }: Seen): void {
    const key = tenant === undefined ? part : `${part} ${tenant}`;
    const before = this.#parts.get(key);
    const ok = reason === undefined;
    if (before?.ok === ok && before.reason === reason) {
      return;
    }
    const now = this.#clock.now();
    const since = before?.ok === ok ? before.since : new Date(now);
    this.#parts.set(key, { part, tenant, ok, reason, since });
    if (isLogged) {
      return;
    }
    const fields = { part, ...(tenant !== undefined && { tenant }) };
    if (!ok) {
      this.#log.error({ ...fields, reason }, cause ?? reason);
    } else if (before !== undefined) {
      const seconds = Math.round((now - before.since!.getTime()) / 1000);
      this.#log.info({ ...fields, seconds }, `${part} is well again after ${seconds} s`);
    }
  }

  /** Returns the function that takes the answers of the token host for a tenant. */
  ofTokens(tenant: string): (error: GraphError | undefined) => void {
    return error => {
      // A caller who has gone, and a wait that Microsoft asks for, say nothing about either.
      if (error?.kind === 'aborted' || error?.kind === 'throttled') {
        return;
      }
      const isRefused = error !== undefined && isRefusal(error);
      const cause = error?.message;
      if (error === undefined || isRefused) {
        this.note({ part: 'credential', tenant, ...(isRefused && { reason: REASONS.refused, cause }) });
      }
      const isUnreachable = error !== undefined && !isRefused;
      this.#noteWay(tenant, { tokens: isUnreachable ? { reason: REASONS.unreachable, cause } : undefined });
    };
  }

  /** Returns the function that takes each try of a request to Microsoft for a tenant. */
  ofTries(tenant: string): (one: ObservedTry) => void {
    const reach = new GraphReach();
    return one => {
      const isReached = reach.note(one, this.#clock.now());
      const isBroken = this.#ways.get(tenant)?.graph !== undefined;
      if (isReached !== undefined && isReached === isBroken) {
        const cause = `${REASONS.broken}; the last try of "${one.operation}": ${one.status === 0 ? 'no answer' : `status ${one.status}`}`;
        this.#noteWay(tenant, { graph: isReached ? undefined : { reason: REASONS.broken, cause } });
      }
    };
  }

  #noteWay(tenant: string, change: Partial<Record<'tokens' | 'graph', Trouble | undefined>>): void {
    const ways = { ...this.#ways.get(tenant), ...change };
    this.#ways.set(tenant, ways);
    this.note({ part: 'microsoft', tenant, ...(ways.tokens ?? ways.graph) });
  }

  /** Returns true while Graph is known not to answer for the tenant. */
  isCutOff(tenant: string): boolean {
    return this.#ways.get(tenant)?.graph !== undefined;
  }

  /** Returns true when the tenant's last token came, and Graph answers. */
  isWell(tenant: string): boolean {
    const seen = (['credential', 'microsoft'] as const).map(part => this.#parts.get(`${part} ${tenant}`));
    return seen.every(part => part?.ok === true);
  }

  /** Returns the function that takes the outcome of each look into a tenant's directory. */
  of(part: 'discovery' | 'people'): (tenant: string, outcome: { readonly failed: boolean }) => void {
    return (tenant, { failed }) =>
      this.note({ part, tenant, ...(failed && { reason: REASONS[part] }), isLogged: true });
  }

  /** Returns what was seen of the machine, and of these tenants. */
  parts(tenants: readonly string[]): HealthPart[] {
    return [...this.#parts.values()].filter(({ tenant }) => tenant === undefined || tenants.includes(tenant));
  }
}
