import { isGraphError } from '../graph/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type FailedTurn, Repeating } from '../lib/repeating.ts';
import { type FoundMailbox, MailboxDiscovery, type MailboxDiscoveryOptions } from './mailbox-discovery.ts';
import type { MailboxPattern } from './mailbox-pattern.ts';
import { MassLeave } from './mass-leave.ts';

/** After a failure; each further one doubles it, up to the interval. */
const FIRST_RETRY_MS = 15 * 1000;
/** Clients that come before anything is known are told to come back no sooner. */
const MIN_WAIT_SECONDS = 5;

export interface MailboxWatchOptions<R extends MailboxPattern> extends MailboxDiscoveryOptions<R> {
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** So that what was consented to since is in the next one. */
  readonly forgetToken: () => void;
  /** Hears of every look that succeeds. */
  readonly onFound: (found: readonly FoundMailbox<R>[]) => void;
  readonly onFailure: () => void;
}

/**
 * Looks into the directory of one tenant now and then: at once after the start, then at the interval, after failures as
 * Microsoft asks.
 */
export class MailboxWatch<R extends MailboxPattern> {
  readonly #options: MailboxWatchOptions<R>;
  readonly #discovery: MailboxDiscovery<R>;
  readonly #turns: Repeating;
  /** Of the last failure; undefined when the last look succeeded. */
  #cause: string | undefined;

  private constructor(options: MailboxWatchOptions<R>, discovery: MailboxDiscovery<R>) {
    this.#options = options;
    this.#discovery = discovery;
    this.#turns = new Repeating({
      clock: options.clock,
      work: signal => this.#look(signal),
      pauseAfter: failed => this.#pauseAfter(failed),
    });
  }

  static async open<R extends MailboxPattern>(options: MailboxWatchOptions<R>): Promise<MailboxWatch<R>> {
    const warn = (message: string) => options.log.warn(message);
    return new MailboxWatch(options, await MailboxDiscovery.open({ ...options, warn }));
  }

  /** What is known now, be it from an earlier run. */
  found(): readonly FoundMailbox<R>[] {
    return this.#discovery.found();
  }

  isComplete(): boolean {
    return this.#discovery.isComplete();
  }

  /** When it makes sense to ask for what is not known yet. */
  waitSeconds(): number {
    return Math.max(MIN_WAIT_SECONDS, Math.ceil(this.#turns.secondsToNext()));
  }

  start(): void {
    this.#turns.start();
  }

  stop(): Promise<void> {
    return this.#turns.stop();
  }

  async #look(signal: AbortSignal): Promise<void> {
    await this.#discovery.run(signal);
    if (this.#cause !== undefined) {
      this.#options.log.info('mailboxes can be discovered again');
      this.#cause = undefined;
    }
    this.#options.onFound(this.#discovery.found());
  }

  #pauseAfter(failed: FailedTurn | undefined): number {
    const { intervalMs } = this.#options;
    if (failed === undefined) {
      return intervalMs;
    }
    if (isGraphError(failed.error, 'answer') && failed.error.status === 403) {
      this.#options.forgetToken();
    }
    this.#report(failed.error);
    if (failed.error instanceof MassLeave) {
      return intervalMs;
    }
    const asked = isGraphError(failed.error) ? (failed.error.retryAfterSeconds ?? 0) * 1000 : 0;
    return Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** (failed.failures - 1), intervalMs));
  }

  /** One line for each cause: a tenant can be out of reach for days. */
  #report(error: unknown): void {
    this.#options.onFailure();
    const cause = isGraphError(error) ? [error.kind, error.status, ...error.codes].join(' ') : String(error);
    if (cause === this.#cause) {
      return;
    }
    this.#cause = cause;
    const message = error instanceof Error ? error.message : String(error);
    this.#options.log.error({ err: error }, `mailboxes could not be discovered, and nothing has changed: ${message}`);
  }
}
