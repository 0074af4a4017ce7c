import { randomUUID } from 'node:crypto';
import { type Change, type Changes, type SyncLevel, syncToken } from './changes.ts';
import type { Entry } from './entry.ts';

/** A member of a folder, with the names that lead to it. */
export interface MemoryMember {
  readonly names: readonly string[];
  readonly entry: Entry;
}

/** A folder, and its members down to the level as they are now. */
export interface MemoryFolder {
  readonly folderId: string;
  readonly level: SyncLevel;
  readonly now: readonly MemoryMember[];
}

/** A client's knowledge of a folder. */
interface Snapshot {
  readonly folderId: string;
  readonly level: SyncLevel;
  readonly members: ReadonlyMap<string, MemoryMember>;
}

/** Tokens beyond these are forgotten, the oldest first. */
const MAX_SNAPSHOTS = 1_000;

/**
 * Finds changes by comparing the client's knowledge with the current items: a token stands for a copy of the listing.
 */
export class MemoryChanges {
  readonly #snapshots = new Map<string, Snapshot>();

  since(
    folder: MemoryFolder,
    { token, limit = Number.POSITIVE_INFINITY }: { readonly token: string | undefined; readonly limit?: number },
  ): Changes {
    const known =
      token === undefined ? { ...folder, members: new Map<string, MemoryMember>() } : this.#of(token, folder);
    if (known === undefined) {
      return { kind: 'invalid-token' };
    }
    const all = differences(known.members, byPath(folder.now));
    const told = all.slice(0, limit);
    const members = told.length === all.length ? byPath(folder.now) : after(known.members, told);
    const isSame = token !== undefined && all.length === 0;
    return {
      kind: 'changes',
      changes: told,
      token: isSame ? token : this.#keep({ folderId: folder.folderId, level: folder.level, members }),
      isComplete: told.length === all.length,
    };
  }

  /**
   * Returns a token for the current items: `like`, or any token given for the same items; undefined for an unknown
   * `like`.
   */
  tokenOf(folder: MemoryFolder, like: string | undefined): string | undefined {
    if (like !== undefined && this.#of(like, folder) === undefined) {
      return undefined;
    }
    const given = like === undefined ? [...this.#snapshots.keys()].reverse() : [like];
    const same = given.find(token => {
      const known = this.#of(token, folder);
      return known !== undefined && differences(known.members, byPath(folder.now)).length === 0;
    });
    return same ?? this.#keep({ ...folder, members: byPath(folder.now) });
  }

  /** Returns the level of a token; undefined for one that is not known. */
  levelOf(token: string): SyncLevel | undefined {
    return this.#snapshots.get(token)?.level;
  }

  #of(token: string, { folderId, level }: { folderId: string; level: SyncLevel }): Snapshot | undefined {
    const snapshot = this.#snapshots.get(token);
    return snapshot?.folderId === folderId && snapshot.level === level ? snapshot : undefined;
  }

  #keep(snapshot: Snapshot): string {
    const token = syncToken(randomUUID());
    this.#snapshots.set(token, snapshot);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > MAX_SNAPSHOTS) {
      this.#snapshots.delete(oldest!);
    }
    return token;
  }
}

type Members = ReadonlyMap<string, MemoryMember>;

function byPath(members: readonly MemoryMember[]): Members {
  return new Map(members.map(member => [keyOf(member.names, member.entry.kind), member]));
}

/** The URL of a folder is not that of a file by the same name. */
function keyOf(names: readonly string[], kind: Entry['kind']): string {
  return `${names.join('/')}${kind === 'folder' ? '/' : ''}`;
}

function differences(before: Members, now: Members): Change[] {
  const removed = [...before].filter(([path]) => !now.has(path));
  const present = [...now].filter(([path, { entry }]) => !isSame(before.get(path)?.entry, entry));
  return [
    ...removed.map(([, { names, entry }]) => ({ names, state: 'removed', kind: entry.kind }) as const),
    ...present.map(([, { names, entry }]) => ({ names, state: 'present', entry }) as const),
  ];
}

function after(known: Members, told: readonly Change[]): Members {
  const members = new Map(known);
  for (const change of told) {
    if (change.state === 'removed') {
      members.delete(keyOf(change.names, change.kind));
    } else if (change.state === 'present') {
      members.set(keyOf(change.names, change.entry.kind), change);
    }
  }
  return members;
}

function isSame(one: Entry | undefined, other: Entry): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
