import type {
  CommitUploadOptions,
  OpenedUpload,
  OpenUploadOptions,
  UploadOptions,
  UploadProgress,
} from '../drive/direct-upload.ts';
import { noSuchUpload } from '../drive/direct-upload.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { pathKey } from '../drive/path.ts';
import { isItemAbsent } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { DriveItem } from '../graph/normalize.ts';
import {
  cancelUploadSession,
  createUploadSession,
  FRAGMENT_UNIT_BYTES,
  getSessionStatus,
  MAX_FRAGMENT_BYTES,
} from '../graph/upload-sessions.ts';
import type { KeyedLock } from '../lib/keyed-lock.ts';
import type { Log } from '../lib/log.ts';
import { commitDirect } from './direct-commit.ts';
import type { DirectSession, DirectSessions } from './direct-sessions.ts';
import { checkExpectation, explainClash } from './expectations.ts';
import { fromChangeError } from './from-graph-error.ts';
import type { MetadataCache } from './metadata-cache.ts';
import type { OpenDrive } from './open-drive.ts';
import type { Resolver } from './resolve.ts';
import { type BothPaths, findWriteTarget, type WriteTarget } from './write-target.ts';

/** Each holds quota and a name at OneDrive: a person uploads a few files at once, and a page may have been closed. */
const MAX_OPEN_BY_OWNER = 50;
/** Taken when Graph does not say how long a session lives. */
const USUAL_LIFE_MS = 15 * 60 * 1000;
/** Of the bytes of one request. */
const LIMITS = { multiple: FRAGMENT_UNIT_BYTES, max: MAX_FRAGMENT_BYTES };
const CANCEL_TIMEOUT_MS = 15_000;

export interface DirectUploadParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
  readonly cache: MetadataCache;
  /** Commits to one path run one after the other. */
  readonly commits: KeyedLock;
  readonly direct: DirectSessions;
  readonly log: Log;
}

/** The file that was made of an upload. */
export interface CommittedUpload {
  readonly item: DriveItem;
  readonly created: boolean;
}

/** Uploads whose bytes go straight from clients to OneDrive: sessions that commit only when they are told to. */
export class DriveUploads {
  readonly #parts: DirectUploadParts;

  constructor(parts: DirectUploadParts) {
    this.#parts = parts;
  }

  /** Opens a session; undefined when its owner has too many already. */
  async open(paths: BothPaths, options: OpenUploadOptions): Promise<OpenedUpload | undefined> {
    const { graph, direct, cache } = this.#parts;
    const { owner, size, expect, signal, created, modified } = options;
    const { place, parentId } = await findWriteTarget(this.#parts, paths, options);
    const key = pathKey(paths.full);
    if (await this.#isTooMany(owner, { key, driveId: place.driveId })) {
      return undefined;
    }
    const conflict = expect?.kind === 'absent' ? 'fail' : 'replace';
    const times = created === undefined && modified === undefined ? undefined : { created, modified };
    const request = { conflict, times, defersCommit: true } as const;
    const session = await createUploadSession(graph.call, place, request, signal).catch((error: unknown) => {
      cache.forgetTree(paths.full);
      throw explainClash(fromChangeError(error), conflict === 'fail' ? 'free-name' : 'any');
    });
    const url = graph.checkContentUrl(session.url);
    const expires = session.expires ?? new Date(graph.clock.now() + USUAL_LIFE_MS);
    const etags = expect?.kind === 'etag' ? { etags: expect.etags } : {};
    const { driveId } = place;
    const isNew = conflict === 'fail';
    const plan = { url, owner, driveId, key, parentId, size, isNew, ...etags, expires: expires.getTime() };
    const id = await direct.opened(plan);
    return { id, url, expires, ...LIMITS };
  }

  /** Commits a session, after the checks of a write. */
  async commit(paths: BothPaths, options: CommitUploadOptions): Promise<CommittedUpload> {
    const { direct, commits, cache } = this.#parts;
    const { signal } = options;
    const session = await this.#find(paths, options);
    const target = await this.#target(paths, session, signal);
    let isSent = false;
    try {
      const item = await commits.run(session.key, async () => {
        // Another request may have committed it while this one waited.
        await this.#find(paths, options);
        await this.#check(paths, session, options);
        isSent = true;
        return this.#send(session, target, options);
      });
      await direct.closed(session);
      cache.put(paths.full, item);
      return { item, created: target.old === null };
    } catch (error) {
      if (!isSent) {
        throw error;
      }
      // After any failure, only Graph knows what is there now.
      cache.forgetTree(paths.full);
      throw await this.#explained(session, error);
    }
  }

  async status(paths: BothPaths, options: UploadOptions): Promise<UploadProgress> {
    const { graph, direct } = this.#parts;
    const session = await this.#find(paths, options);
    try {
      const { nextExpectedRanges, expires } = await getSessionStatus(graph.callContent, session.url, options.signal);
      if (expires !== undefined) {
        await direct.prolonged(session, expires.getTime());
      }
      const { url } = session;
      return { url, ...LIMITS, nextExpectedRanges, expires: expires ?? new Date(session.expires) };
    } catch (error) {
      throw isItemAbsent(error) ? await this.#gone(session) : error;
    }
  }

  async cancel(paths: BothPaths, options: UploadOptions): Promise<void> {
    await this.#cancel(await this.#find(paths, options));
  }

  /** Returns the session of this owner and path. Throws `not-found`. */
  async #find({ full }: BothPaths, { id, owner, signal }: UploadOptions): Promise<DirectSession> {
    const { direct, open } = this.#parts;
    const driveId = await open.id(signal);
    const session = (await direct.list()).find(each => each.id === id);
    const isTheirs = session?.owner === owner && session.driveId === driveId && session.key === pathKey(full);
    if (session === undefined || !isTheirs) {
      throw noSuchUpload();
    }
    return session;
  }

  /** Returns what is at the path now. The session knows its folder by its id: that must still be the one at the path. */
  async #target(paths: BothPaths, { parentId, isNew }: DirectSession, signal: AbortSignal): Promise<WriteTarget> {
    const expect = isNew ? ({ kind: 'absent' } as const) : undefined;
    const target = await findWriteTarget(this.#parts, paths, { expect, signal });
    if (target.parentId !== parentId) {
      throw new DriveError('no-parent', 'the folder of the upload has been moved: upload the file again');
    }
    return target;
  }

  async #check(paths: BothPaths, { etags, size }: DirectSession, { signal, beforeCommit }: CommitUploadOptions) {
    await beforeCommit?.(size);
    if (etags !== undefined) {
      const now = await this.#parts.resolver.load(paths.full, signal);
      checkExpectation(now, { kind: 'etag', etags }, paths.path);
    }
  }

  #send(
    { url, size }: DirectSession,
    { place, old }: WriteTarget,
    { quickXorHash, signal }: CommitUploadOptions,
  ): Promise<DriveItem> {
    const sent = { length: size, quickXorHash };
    return commitDirect(this.#parts, { url, place, previous: old, sent, signal });
  }

  /** An owner who opens a path anew has given up what he opened for it before. */
  async #isTooMany(owner: string, { key, driveId }: { key: string; driveId: string }): Promise<boolean> {
    const theirs = (await this.#parts.direct.list()).filter(session => session.owner === owner);
    const former = theirs.filter(session => session.key === key && session.driveId === driveId);
    for (const session of former) {
      await this.#cancel(session);
    }
    return theirs.length - former.length >= MAX_OPEN_BY_OWNER;
  }

  /** Cancels a session now, or leaves it to the cleanup. */
  async #cancel(session: DirectSession): Promise<void> {
    const { graph, direct, log } = this.#parts;
    try {
      await cancelUploadSession(graph.callContent, session.url, AbortSignal.timeout(CANCEL_TIMEOUT_MS));
    } catch (error) {
      if (!isItemAbsent(error)) {
        log.warn({ err: error }, 'could not cancel an upload session yet; will try again');
        await direct.left(session);
        return;
      }
    }
    await direct.closed(session);
  }

  /**
   * Explains why Graph has not made the file. The session stays while the same commit may succeed later: all its bytes
   * are at OneDrive. A taken name is taken for good; after wrong bytes there is no session any more.
   */
  async #explained(session: DirectSession, error: unknown): Promise<unknown> {
    const failure = explainClash(fromChangeError(error), session.isNew ? 'free-name' : 'any');
    if (isDriveError(failure, 'precondition')) {
      await this.#cancel(session);
      return failure;
    }
    if (isPassing(failure) && !isItemAbsent(error)) {
      return failure;
    }
    const { callContent } = this.#parts.graph;
    const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
    try {
      const { nextExpectedRanges } = await getSessionStatus(callContent, session.url, signal);
      // A commit that comes too early is refused with 400, like much else.
      return nextExpectedRanges.length > 0
        ? new DriveError('body-length', 'OneDrive does not have all bytes yet', { cause: error })
        : failure;
    } catch (lost) {
      if (!isItemAbsent(lost)) {
        return failure;
      }
      await this.#parts.direct.closed(session);
      return isItemAbsent(error) ? noSuchUpload() : failure;
    }
  }

  async #gone(session: DirectSession): Promise<DriveError> {
    await this.#parts.direct.closed(session);
    return noSuchUpload();
  }
}

/** Returns true for a failure that says nothing about the session. */
function isPassing(error: unknown): boolean {
  return isDriveError(error, 'throttled', 'unavailable', 'timeout', 'aborted', 'locked');
}
