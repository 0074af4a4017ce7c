import type { DriveState } from '../drive/drive-state.ts';
import { DriveError, type DriveErrorCode } from '../drive/errors.ts';
import { type DriveSource, formatSource, pinName } from '../graph/drive-source.ts';
import { GraphError, isItemAbsent } from '../graph/errors.ts';
import { findDrive } from '../graph/find-drive.ts';
import type { Graph } from '../graph/graph.ts';
import { NO_DRIVE_CURES, type NoDrive, whyNotOpened } from '../graph/missing-drive.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { DriveIdStore } from '../state/drive-id-store.ts';
import type { AbsenceBudget } from './absence-budget.ts';
import { fromGraphError } from './from-graph-error.ts';
import { SingleFlight } from './single-flight.ts';

/**
 * Repeated requests for missing drives get the caller's IP throttled (SharePoint docs): the time doubles after each
 * absence.
 */
const REMEMBER_ABSENT_MS = 10 * 60 * 1000;
/** A drive created meanwhile is found within a day, or after a restart. */
const REMEMBER_ABSENT_MAX_MS = 24 * 60 * 60 * 1000;
/** When the client tries again, it uses the new drive. */
const REPLACED_RETRY_SECONDS = 5;
/** Other failures pass sooner. */
const REMEMBER_FAILURE_MS = 15 * 1000;

export interface OpenDriveOptions {
  readonly graph: Graph;
  readonly driveIds: DriveIdStore;
  readonly tenantId: string;
  readonly source: DriveSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Shared by all drives of the tenant. */
  readonly absences?: AbsenceBudget;
  /** Called when another drive has taken this one's place: knowledge about the old one's items is then useless. */
  readonly onReplaced?: () => void;
  /** Is told of each change of the drive's state. */
  readonly onState?: (state: DriveState) => void;
}

/** The drive of one mailbox or site: found when first needed, then pinned; failures are remembered for a while. */
export class OpenDrive {
  readonly #options: OpenDriveOptions;
  readonly #flight = new SingleFlight<string>();
  readonly #flightAgain = new SingleFlight<unknown>();
  /** The last failure of the pinned drive, or of the search for one. */
  #failure: { error: DriveError; until: number; pinned: string | undefined } | undefined;
  /** How often the drive was proven absent; -1 after its root was seen. */
  #absences = 0;
  /** The id in the store, once it was read; needed for each path. */
  #pinned: string | undefined;
  #state: DriveState | undefined;

  constructor(options: OpenDriveOptions) {
    this.#options = options;
    this.#pinned = options.source.kind === 'drive' ? options.source.driveId : undefined;
  }

  /**
   * Returns the drive's id. Throws `not-found` when it is proven that there is none, else `unavailable`, `throttled`, …
   */
  async id(signal: AbortSignal): Promise<string> {
    const { clock } = this.#options;
    const pinned = this.#pinned ?? (await this.#readPin());
    // Another mount of the same drive may have found it meanwhile.
    const failure = this.#failure;
    if (failure !== undefined && failure.pinned === pinned && failure.until > clock.now()) {
      throw failure.error;
    }
    if (pinned !== undefined) {
      if (this.#state === undefined) {
        this.#tellOpen(pinned);
      }
      return pinned;
    }
    return this.#flight.run('drive', shared => this.#find(shared), signal);
  }

  /**
   * Returns true when Graph itself says that the drive or its root does not exist: one of its known answers, not a
   * proxy's 404.
   */
  isMissing(answer: GraphError): boolean {
    return answer.status === 404 && (isItemAbsent(answer) || whyNotOpened(answer, this.#options.source) !== undefined);
  }

  /**
   * Returns the error to throw when Graph has no root for the drive `id` (`answer` is its 404). If the source now leads
   * to another drive, that one is used from the next request on, never in the middle of one.
   */
  async rootMissing(id: string, answer: GraphError, signal: AbortSignal): Promise<unknown> {
    const { source } = this.#options;
    if (id !== this.#pinned) {
      return replaced();
    }
    if (source.kind === 'drive') {
      return this.#remember(answer);
    }
    if (source.kind === 'mailbox' && source.mailbox.includes('@')) {
      return this.#refuse('not-found', `${formatSource(source)} is gone; ${USE_OBJECT_ID}`, answer);
    }
    return this.#flightAgain.run('drive', shared => this.#findAgain(id, answer, shared), signal);
  }

  /** The drive's id, after the first request for it. */
  get pinned(): string | undefined {
    return this.#pinned;
  }

  /** Returns true when Graph itself returned the id, now or in an earlier run: then its root is known to exist. */
  wasFound(): boolean {
    return this.#options.source.kind !== 'drive' && this.#pinned !== undefined;
  }

  /** Notes that the root exists: earlier absences no longer count. */
  rootSeen(): void {
    if (this.#failure !== undefined && this.#pinned !== undefined) {
      this.#tellOpen(this.#pinned);
    }
    this.#failure = undefined;
    this.#absences = -1;
  }

  /**
   * Returns a name that identifies the drive, without a slash: its id once it is known, before that the operator's name
   * for it.
   */
  name(): string {
    return this.#pinned ?? this.#key().mailbox.replaceAll('/', ':');
  }

  async #readPin(): Promise<string | undefined> {
    const found = await this.#options.driveIds.get(this.#key());
    // The drive may have been found, or replaced, while the store was read.
    this.#pinned ??= found;
    return this.#pinned;
  }

  async #find(signal: AbortSignal): Promise<string> {
    const { graph, driveIds, source, log, absences } = this.#options;
    const retryAfterSeconds = absences?.waitSeconds() ?? 0;
    if (retryAfterSeconds > 0) {
      // Clients get these words: they name no mailbox.
      const why = 'cannot open this drive yet: too many missing drives were requested within a minute';
      throw new DriveError('unavailable', why, { retryAfterSeconds });
    }
    try {
      const { id } = await findDrive(graph.call, source, signal);
      await driveIds.set(this.#key(), id);
      this.#pinned = id;
      this.#failure = undefined;
      this.#tellOpen(id);
      log.info({ source }, 'opened a drive');
      return id;
    } catch (error) {
      throw this.#remember(error);
    }
  }

  async #findAgain(old: string, answer: GraphError, signal: AbortSignal): Promise<unknown> {
    const { graph, driveIds, source, log, onReplaced } = this.#options;
    try {
      const { id } = await findDrive(graph.call, source, signal);
      if (id === old) {
        return this.#refuse(
          'unavailable',
          `${formatSource(source)} is known, but its root folder cannot be found`,
          answer,
        );
      }
      await driveIds.set(this.#key(), id);
      this.#pinned = id;
      this.#tellOpen(id);
      onReplaced?.();
      log.warn(
        { source, old, id },
        `${formatSource(source)} was created anew: the old drive is gone, the new one is used now`,
      );
      return replaced();
    } catch (error) {
      return this.#remember(error);
    }
  }

  #remember(error: unknown): unknown {
    if (!(error instanceof GraphError) || error.kind === 'aborted') {
      return fromGraphError(error);
    }
    const { code, explanation } = explain(error, this.#options.source);
    return this.#refuse(code, explanation, error);
  }

  /** Logs a new failure, and remembers it for a while. */
  #refuse(code: DriveErrorCode, explanation: string, error: GraphError): DriveError {
    const { source, clock, log } = this.#options;
    const failure = new DriveError(code, explanation, { retryAfterSeconds: retryAfterOf(error, code), cause: error });
    if (this.#failure?.error.message !== failure.message) {
      log.error({ source, requestId: error.requestId, cause: error.message }, explanation);
    }
    this.#tellFailing(explanation);
    this.#failure = { error: failure, until: clock.now() + this.#rememberMs(code), pinned: this.#pinned };
    return failure;
  }

  #tellOpen(driveId: string): void {
    this.#tell({ kind: 'open', driveId, since: this.#options.clock.now() });
  }

  /** The same cause again is no change: it goes on. */
  #tellFailing(cause: string): void {
    if (this.#state?.kind !== 'failing' || this.#state.cause !== cause) {
      this.#tell({ kind: 'failing', cause, since: this.#options.clock.now() });
    }
  }

  #tell(state: DriveState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }

  #rememberMs(code: DriveErrorCode): number {
    if (code !== 'not-found') {
      return REMEMBER_FAILURE_MS;
    }
    this.#absences += 1;
    this.#options.absences?.note();
    if (this.#absences === 0) {
      // It was there a moment ago: a single 404 can be wrong.
      return REMEMBER_FAILURE_MS;
    }
    return Math.min(REMEMBER_ABSENT_MS * 2 ** (this.#absences - 1), REMEMBER_ABSENT_MAX_MS);
  }

  #key(): { tenantId: string; mailbox: string } {
    const { tenantId, source } = this.#options;
    return { tenantId, mailbox: pinName(source).toLowerCase() };
  }
}

/** A new drive at the same address may belong to somebody else, and must not be shown to the old one's users. */
const USE_OBJECT_ID =
  'a new drive at this address may belong to somebody else: to use it, set mailbox in mounts to the object id of its user';

function replaced(): DriveError {
  return new DriveError('unavailable', 'this drive was created anew: try again', {
    retryAfterSeconds: REPLACED_RETRY_SECONDS,
  });
}

interface Explanation {
  readonly code: DriveErrorCode;
  /** The cause and the remedy, for the operator. */
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
  'no-site': 'not-found',
  'no-library': 'not-found',
  'no-drive': 'not-found',
} satisfies Record<NoDrive, DriveErrorCode>;

/** Explains a refusal: the error for the caller, and the remedy for the operator. */
function explain(error: GraphError, source: DriveSource): Explanation {
  const name = `cannot open ${formatSource(source)}`;
  const why = whyNotOpened(error, source);
  if (why !== undefined) {
    return { code: CODE_OF[why], explanation: `${name}: ${sentenceOf(why, error, source)}` };
  }
  const translated = fromGraphError(error) as DriveError;
  // A 404 with none of the known texts proves nothing.
  return {
    code: translated.code === 'not-found' ? 'unavailable' : translated.code,
    explanation: `${name}: ${error.message}`,
  };
}

/** The Graph docs name different permissions for libraries and for sites; a path to a library needs both. */
const SITE_PERMISSION =
  'access denied; a site needs the application permission Files.ReadWrite.All (should that not be enough, Sites.Read.All too), or Sites.Selected and a grant for the site';

function sentenceOf(why: NoDrive, error: GraphError, { kind }: DriveSource): string {
  if (why === 'no-library') {
    return error.message;
  }
  return why === 'no-permission' && kind === 'site' ? SITE_PERMISSION : NO_DRIVE_CURES[why];
}

function retryAfterOf(error: GraphError, code: DriveError['code']): number | undefined {
  return code === 'not-found' ? undefined : Math.ceil(error.retryAfterSeconds ?? REMEMBER_FAILURE_MS / 1000);
}
