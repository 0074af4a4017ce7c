import type { Change, Changes, SyncLevel } from '../drive/changes.ts';
import type { CallOptions, ChangesOptions, SyncTokenOptions } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, joinPaths, toDrivePath } from '../drive/path.ts';
import { isDeltaUnsupported, isLinkLost } from '../graph/delta.ts';
import type { Graph } from '../graph/graph.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { SyncJournal, SyncMember, SyncPath } from '../state/sync-store.ts';
import { UNSUPPORTED_RETRY_MS } from './feed-facts.ts';
import { FolderJournal } from './folder-journal.ts';
import type { MetadataCache } from './metadata-cache.ts';
import type { OpenDrive } from './open-drive.ts';
import type { Resolver } from './resolve.ts';
import { fromShown, namesOf } from './sync-item.ts';
import { formatPosition, parsePosition, type SyncJournals, type SyncPosition } from './sync-journals.ts';
import type { WrittenPaths } from './written-paths.ts';

export interface FolderSyncParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
  readonly cache: MetadataCache;
  readonly written: WrittenPaths;
  readonly journals: SyncJournals;
  /** `path` is from the drive's root. */
  readonly toEntry: (path: DrivePath, item: DriveItem) => Entry;
}

/** Changes in one answer: with more, a client gets a token to go on with. */
const MAX_CHANGES = 20_000;

/** Reports the changes of a drive's folders, from their journals (docs/decisions/0022). */
export class FolderSync {
  readonly #parts: FolderSyncParts;
  #unsupportedUntil = Number.NEGATIVE_INFINITY;

  constructor(parts: FolderSyncParts) {
    this.#parts = parts;
  }

  /** Returns false when Graph has lately said that the drive has no feed of changes. */
  get isSupported(): boolean {
    return this.#unsupportedUntil <= this.#parts.journals.clock.now();
  }

  /** `folder` is a path from the drive's root. */
  async changes(folder: DrivePath, options: ChangesOptions): Promise<Changes> {
    const { level, since, limit = MAX_CHANGES, signal } = options;
    const from = since === undefined ? undefined : parsePosition(since);
    if (since !== undefined && (from === undefined || from.level !== level)) {
      return { kind: 'invalid-token' };
    }
    return this.#unlessUnsupported({ kind: 'unsupported' }, async () => {
      const work = await this.#workOn(folder, level, { signal });
      return work.inTurn(async () => {
        const journal = await this.#current(work, folder, { from, isBeginning: from === undefined });
        return journal === undefined
          ? { kind: 'invalid-token' }
          : this.#answer(work, folder, {
              journal,
              level,
              number: from?.number ?? 0,
              max: Math.min(limit, MAX_CHANGES),
            });
      });
    });
  }

  async token(folder: DrivePath, { level: wanted = 1, like, signal }: SyncTokenOptions): Promise<string | undefined> {
    const from = like === undefined ? undefined : parsePosition(like);
    if (like !== undefined && from === undefined) {
      return undefined;
    }
    const level = from?.level ?? wanted;
    return this.#unlessUnsupported(undefined, async () => {
      const work = await this.#workOn(folder, level, { signal });
      return work.inTurn(async () => {
        const journal = await this.#current(work, folder, { from, isBeginning: false });
        if (journal === undefined || (await work.work(journal, async () => false)) !== true) {
          return undefined;
        }
        if (from !== undefined && (await this.#hasForgotten(work, from.number))) {
          return undefined;
        }
        const isStill = from !== undefined && !(await this.#store.hasMore(journal.id, from.number, 0));
        return isStill ? like : this.#tokenAt(work, level);
      });
    });
  }

  get #store() {
    return this.#parts.journals.store;
  }

  async #unlessUnsupported<T>(otherwise: T, run: () => Promise<T>): Promise<T> {
    if (!this.isSupported) {
      return otherwise;
    }
    try {
      return await run();
    } catch (error) {
      if (error instanceof NoFeedError) {
        this.#unsupportedUntil = this.#parts.journals.clock.now() + UNSUPPORTED_RETRY_MS;
      } else if (!(error instanceof NoReportError)) {
        throw error;
      }
      return otherwise;
    }
  }

  /** Throws NoReportError for a shortcut: its members are in another drive. */
  async #workOn(folder: DrivePath, level: SyncLevel, { signal }: CallOptions): Promise<FolderJournal> {
    const { graph, open, resolver, journals, cache } = this.#parts;
    const { kind, id: folderId, isShortcut } = await resolver.item(folder, signal);
    if (kind === 'file') {
      throw new DriveError('is-file', `"${baseName(folder)}" is a file and has no members`);
    }
    if (isShortcut) {
      throw new NoReportError();
    }
    const driveId = await open.id(signal);
    const pathOf = (path: SyncPath) => joinPaths(folder, toDrivePath(namesOf(path)));
    const changed = (path: SyncPath) => cache.doubt(pathOf(path));
    const listed = (path: SyncPath, items: readonly DriveItem[], haveChanged: boolean) =>
      cache.heed(pathOf(path), items, { haveChanged });
    return new FolderJournal({ graph, journals, level, signal, changed, listed, driveId, folderId });
  }

  /** Returns the journal with all marks that the feed has for it; undefined when `from` is not a position in it. */
  async #current(
    work: FolderJournal,
    path: DrivePath,
    { from, isBeginning }: { from: SyncPosition | undefined; isBeginning: boolean },
  ): Promise<SyncJournal | undefined> {
    let journal = await work.find();
    if (from !== undefined && !isIn(journal, from)) {
      return undefined;
    }
    if (journal !== undefined && !(await this.#isRead(work, journal, isBeginning))) {
      await this.#store.drop(journal.id);
      journal = undefined;
    }
    if (journal === undefined) {
      return from === undefined ? this.#begin(work) : undefined;
    }
    const { written, seen } = this.#parts.written.news(journal.id, path);
    if (written.length > 0) {
      await work.markWritten(journal, written);
    }
    seen();
    return journal;
  }

  async #begin(work: FolderJournal): Promise<SyncJournal> {
    return work.begin().catch((error: unknown) => {
      throw isDeltaUnsupported(error) ? new NoFeedError() : error;
    });
  }

  /** Reads the feed. Returns false when Graph has forgotten its link, so that the changes cannot be known. */
  async #isRead(work: FolderJournal, journal: SyncJournal, isBeginning: boolean): Promise<boolean> {
    try {
      await work.readFeed(journal, { isBeginning });
      return true;
    } catch (error) {
      if (isLinkLost(error)) {
        return false;
      }
      throw error;
    }
  }

  async #answer(
    work: FolderJournal,
    path: DrivePath,
    { journal, level, number, max }: { journal: SyncJournal; level: SyncLevel; number: number; max: number },
  ): Promise<Changes> {
    const isDone = await work.work(journal, () => this.#store.hasMore(journal.id, number, max));
    if (isDone === 'too-many') {
      return { kind: 'too-many' };
    }
    if (await this.#hasForgotten(work, number)) {
      return { kind: 'invalid-token' };
    }
    const members = await this.#store.since(journal.id, number, max);
    const isComplete = isDone && !(await this.#store.hasMore(journal.id, number, max));
    const reached = members.at(-1)?.number ?? number;
    const token = isComplete
      ? await this.#tokenAt(work, level)
      : formatPosition({ secret: journal.secret, level, number: reached });
    const all = members.map(member => this.#toChange(path, level, member));
    const [removed, others] = [all.filter(isRemoved), all.filter(change => !isRemoved(change))];
    return { kind: 'changes', changes: [...removed, ...others], token, isComplete };
  }

  /** The latest findings may have made the journal drop tombstones that are newer than `number`. */
  async #hasForgotten(work: FolderJournal, number: number): Promise<boolean> {
    return number !== 0 && number < ((await work.find())?.floor ?? 0);
  }

  /** Returns the token of the journal as it is now. */
  async #tokenAt(work: FolderJournal, level: SyncLevel): Promise<string> {
    const journal = await work.find();
    if (journal === undefined) {
      throw new DriveError('unavailable', 'the journal of the folder was dropped meanwhile', { retryAfterSeconds: 1 });
    }
    return formatPosition({ secret: journal.secret, level, number: journal.last });
  }

  #toChange(folder: DrivePath, level: SyncLevel, { path, kind, isGone, shown }: SyncMember): Change {
    const names = namesOf(path);
    if (isGone) {
      return { names, state: 'removed', kind };
    }
    const item = fromShown(shown);
    return item.isShortcut && kind === 'folder' && level === 'infinite'
      ? { names, state: 'elsewhere' }
      : { names, state: 'present', entry: this.#parts.toEntry(joinPaths(folder, toDrivePath(names)), item) };
  }
}

/** Graph has said that the drive has no feed of changes. */
class NoFeedError extends Error {
  override readonly name = 'NoFeedError';
}

/** The drive's feed does not cover this folder. */
class NoReportError extends Error {
  override readonly name = 'NoReportError';
}

function isIn(journal: SyncJournal | undefined, { secret, number }: SyncPosition): boolean {
  return journal !== undefined && journal.secret === secret && number >= journal.floor && number <= journal.last;
}

function isRemoved({ state }: Change): boolean {
  return state === 'removed';
}
