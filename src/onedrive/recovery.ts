import { isItemAbsent } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { cancelUploadSession, getSessionStatus } from '../graph/upload-sessions.ts';
import type { Log } from '../lib/log.ts';
import { Unavailable } from '../lib/unavailable.ts';
import type { DirectSession, DirectSessions } from './direct-sessions.ts';
import type { Intents, Plan } from './intents.ts';
import type { OpenSessions } from './open-sessions.ts';
import { settleScratch, settleSwap } from './swap.ts';

const PAUSE_MS = 60_000;
/** Sessions do not live this long: they expire by themselves (reported from minutes to days). */
const SESSION_LIFE_MS = 7 * 24 * 60 * 60 * 1000;
const CANCEL_TIMEOUT_MS = 15_000;

export interface RecoveryParts {
  readonly graph: Graph;
  readonly intents: Intents;
  readonly sessions: OpenSessions;
  readonly direct: DirectSessions;
  /** True: others have the same store of open work, and what a dead one has left is done here. */
  readonly hasPeers?: boolean;
  readonly log: Log;
}

/**
 * Cleans up what this process, or an earlier one that was interrupted, has left in a tenant: finishes or undoes
 * multi-step changes, and cancels upload sessions. Runs until nothing is left, and starts again when something is.
 */
export class Recovery {
  #parts: RecoveryParts;
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;
  /** Something was left during a look, which may have missed it. */
  #isCalledAgain = false;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Goes on through another client of the tenant. */
  goThrough(graph: Graph): void {
    this.#parts = { ...this.#parts, graph };
  }

  /** Starts, unless it is running already. */
  start(): void {
    this.#isCalledAgain = this.#running !== undefined;
    if (!this.#stopped.signal.aborted) {
      this.#running ??= this.#run().catch((error: unknown) => {
        this.#parts.log.error({ err: error }, 'could not check for unfinished changes');
      });
    }
  }

  /** Interrupts the work, which the next start resumes; resolves when all work has stopped. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    try {
      while (!signal.aborted && ((await this.#isMoreAfterPass()) || this.#isCalledAgain)) {
        this.#isCalledAgain = false;
        await this.#parts.graph.clock.sleep(PAUSE_MS, signal, { letsProcessEnd: true }).catch(() => {});
      }
    } finally {
      // In the same step as the last look: a later call starts a new run.
      this.#running = undefined;
    }
  }

  /** Other servers may leave something at any time. */
  async #isMoreAfterPass(): Promise<boolean | undefined> {
    try {
      await this.#pass();
      return this.#parts.hasPeers || (await this.#isAnythingLeft());
    } catch (error) {
      if (!(error instanceof Unavailable)) {
        throw error;
      }
      this.#parts.log.warn({ err: error }, 'could not check for unfinished changes yet; will try again');
      return true;
    }
  }

  async #isAnythingLeft(): Promise<boolean> {
    const { intents, sessions, direct } = this.#parts;
    const lists = [() => intents.left(), () => sessions.left(), () => direct.own()];
    for (const list of lists) {
      if ((await list()).length > 0) {
        return true;
      }
    }
    return false;
  }

  async #pass(): Promise<void> {
    const { graph, intents, sessions, direct, log } = this.#parts;
    for (const { id, plan } of await intents.left()) {
      if (!this.#stopped.signal.aborted) {
        const isOver = await intents.tidy('repair an unfinished change', own =>
          this.#settle(plan, AbortSignal.any([own, this.#stopped.signal])),
        );
        if (isOver === true) {
          await intents.end(id);
          log.info({ kind: plan.kind }, 'repaired a change that was left unfinished');
        }
      }
    }
    for (const session of await sessions.left()) {
      if (!this.#stopped.signal.aborted) {
        await this.#cancel(session);
      }
    }
    for (const session of await direct.own()) {
      if (!this.#stopped.signal.aborted && session.expires <= graph.clock.now()) {
        await this.#endDirect(session);
      }
    }
  }

  /** A client may have sent bytes meanwhile, which prolong the session. */
  async #endDirect(session: DirectSession): Promise<void> {
    const { graph, direct, log } = this.#parts;
    const now = graph.clock.now();
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(CANCEL_TIMEOUT_MS), this.#stopped.signal]);
      const { expires } = await getSessionStatus(graph.callContent, session.url, signal);
      if (expires !== undefined && expires.getTime() > now && now - session.since < SESSION_LIFE_MS) {
        await direct.prolonged(session, expires.getTime());
      } else {
        await direct.left(session);
      }
    } catch (error) {
      if (isItemAbsent(error) || now - session.since > SESSION_LIFE_MS) {
        await direct.closed(session);
      } else {
        log.warn({ err: error }, 'could not ask for the end of an upload session yet; will try again');
      }
    }
  }

  async #settle(plan: Plan, signal: AbortSignal): Promise<boolean> {
    switch (plan.kind) {
      case 'swap':
        await settleSwap(this.#parts, plan, signal);
        return true;
      case 'scratch':
        return settleScratch(this.#parts, plan, signal);
    }
  }

  async #cancel({ id, url, since }: { id: string; url: string; since: number }): Promise<void> {
    const { graph, sessions, log } = this.#parts;
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(CANCEL_TIMEOUT_MS), this.#stopped.signal]);
      await cancelUploadSession(graph.callContent, url, signal);
      await sessions.closed(id);
    } catch (error) {
      if (isItemAbsent(error) || graph.clock.now() - since > SESSION_LIFE_MS) {
        await sessions.closed(id);
      } else {
        log.warn({ err: error }, 'could not cancel an upload session yet; will try again');
      }
    }
  }
}
