import { DriveError, type DriveErrorCode } from '../drive/errors.ts';
import { getUserDrive } from '../graph/drives.ts';
import { GraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { NO_DRIVE_CURES, type NoDrive, whyNoDrive } from '../graph/missing-drive.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { DriveIdStore } from '../state/drive-id-store.ts';
import { fromGraphError } from './from-graph-error.ts';
import { SingleFlight } from './single-flight.ts';

/** Asking again and again for drives that are not there gets the caller's IP throttled (SharePoint docs). */
const REMEMBER_ABSENT_MS = 10 * 60 * 1000;
/** Other failures pass sooner. */
const REMEMBER_FAILURE_MS = 15 * 1000;

export interface OpenDriveOptions {
  readonly graph: Graph;
  readonly driveIds: DriveIdStore;
  readonly tenantId: string;
  readonly mailbox: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The drive of one mailbox: found when first needed, pinned for ever, its failures remembered for a while. */
export class OpenDrive {
  readonly #options: OpenDriveOptions;
  readonly #flight = new SingleFlight<string>();
  #failure: { error: DriveError; until: number } | undefined;
  /** As it is in the store: asked for with each path. */
  #pinned: string | undefined;

  constructor(options: OpenDriveOptions) {
    this.#options = options;
  }

  /** The drive's id. Throws `not-found` when the mailbox is proven to have no drive, else `unavailable`, `throttled`, … */
  async id(signal: AbortSignal): Promise<string> {
    const { clock } = this.#options;
    const pinned = this.#pinnedId();
    if (pinned !== undefined) {
      return pinned;
    }
    if (this.#failure !== undefined && this.#failure.until > clock.now()) {
      throw this.#failure.error;
    }
    return this.#flight.run('drive', shared => this.#find(shared), signal);
  }

  /** What the drive is told apart by from others: its id once it is known, the mailbox before. */
  name(): string {
    return this.#pinnedId() ?? this.#options.mailbox.toLowerCase();
  }

  #pinnedId(): string | undefined {
    this.#pinned ??= this.#options.driveIds.get(this.#key());
    return this.#pinned;
  }

  async #find(signal: AbortSignal): Promise<string> {
    const { graph, driveIds, mailbox, log } = this.#options;
    try {
      const { id } = await getUserDrive(graph.call, mailbox, signal);
      driveIds.set(this.#key(), id);
      this.#failure = undefined;
      log.info({ mailbox }, 'opened the drive of a mailbox');
      return id;
    } catch (error) {
      throw this.#remember(error);
    }
  }

  #remember(error: unknown): unknown {
    if (!(error instanceof GraphError) || error.kind === 'aborted') {
      return fromGraphError(error);
    }
    const { mailbox, clock, log } = this.#options;
    const { code, explanation } = explain(error, mailbox);
    const failure = new DriveError(code, explanation, { retryAfterSeconds: retryAfterOf(error, code), cause: error });
    if (this.#failure?.error.message !== failure.message) {
      log.error({ mailbox, requestId: error.requestId, cause: error.message }, explanation);
    }
    this.#failure = {
      error: failure,
      until: clock.now() + (code === 'not-found' ? REMEMBER_ABSENT_MS : REMEMBER_FAILURE_MS),
    };
    return failure;
  }

  #key(): { tenantId: string; mailbox: string } {
    return { tenantId: this.#options.tenantId, mailbox: this.#options.mailbox.toLowerCase() };
  }
}

interface Explanation {
  readonly code: DriveErrorCode;
  /** Cause and cure, for the operator. */
  readonly explanation: string;
}

const CODE_OF = {
  'no-user': 'not-found',
  'no-licence': 'not-found',
  'never-provisioned': 'not-found',
  'no-site-address': 'not-found',
  'site-not-found': 'not-found',
  locked: 'unavailable',
  'no-consent': 'unavailable',
  'no-permission': 'unavailable',
} satisfies Record<NoDrive, DriveErrorCode>;

/** What a refusal means to whoever uses the drive, and what the operator can do about it. */
function explain(error: GraphError, mailbox: string): Explanation {
  const name = `cannot open the OneDrive of "${mailbox}"`;
  const why = whyNoDrive(error);
  if (why !== undefined) {
    return { code: CODE_OF[why], explanation: `${name}: ${NO_DRIVE_CURES[why]}` };
  }
  const translated = fromGraphError(error) as DriveError;
  // A 404 that none of the known texts explains proves nothing.
  return {
    code: translated.code === 'not-found' ? 'unavailable' : translated.code,
    explanation: `${name}: ${error.message}`,
  };
}

function retryAfterOf(error: GraphError, code: DriveError['code']): number | undefined {
  return code === 'not-found' ? undefined : Math.ceil(error.retryAfterSeconds ?? REMEMBER_FAILURE_MS / 1000);
}
