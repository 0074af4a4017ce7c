import { isGraphError } from '../graph/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type FailedTurn, Repeating } from '../lib/repeating.ts';
import { type FoundMailbox, MailboxDiscovery, type MailboxDiscoveryOptions } from './mailbox-discovery.ts';
import type { MailboxPattern } from './mailbox-pattern.ts';
import { MassLeave } from './mass-leave.ts';

/** The pause after a failure; each further failure doubles it, up to the interval. */
const FIRST_RETRY_MS = 15 * 1000;
/** The shortest Retry-After for clients that come before the mailboxes are known. */
const MIN_WAIT_SECONDS = 5;

export interface MailboxWatchOptions<R extends MailboxPattern> extends MailboxDiscoveryOptions<R> {
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called so that the next token includes newly granted permissions. */
  readonly forgetToken: () => void;
  readonly onFailure: () => void;
  /** Called after every successful look. */
  readonly onSuccess?: () => void;
}

/**
 * Looks into one tenant's directory: at once after the start, then at the interval, and after failures when Microsoft
 * allows it.
 */
export class MailboxWatch<R extends MailboxPattern> {
  readonly #options: MailboxWatchOptions<R>;
  readonly #discovery: MailboxDiscovery<R>;
  readonly #turns: Repeating;
  /** The cause of the last failure; undefined when the last look succeeded. */
  #cause: string | undefined;
  #onFound: (found: readonly FoundMailbox<R>[]) => void = () => {};

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

  /** Returns the mailboxes known now, including those of earlier runs. */
  found(): readonly FoundMailbox<R>[] {
    return this.#discovery.found();
  }

  isComplete(): boolean {
    return this.#discovery.isComplete();
  }

  /** Returns the seconds after which a retry for unknown mailboxes makes sense. */
  waitSeconds(): number {
    return Math.max(MIN_WAIT_SECONDS, Math.ceil(this.#turns.secondsToNext()));
  }

  /** Starts, unless it runs already. Calls `onFound`, and nobody else any more, after every successful look. */
  start(onFound: (found: readonly FoundMailbox<R>[]) => void): void {
    this.#onFound = onFound;
    this.#turns.start();
  }

  stop(): Promise<void> {
    return this.#turns.stop();
  }

  async #look(signal: AbortSignal): Promise<void> {
    await this.#discovery.run(signal);
    this.#options.onSuccess?.();
    if (this.#cause !== undefined) {
      this.#options.log.info('mailboxes can be discovered again');
      this.#cause = undefined;
    }
    this.#onFound(this.#discovery.found());
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

  /** Logs one line for each cause: a tenant can be unreachable for days. */
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
