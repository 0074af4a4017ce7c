import type { GrowingBlob } from './blob-store.ts';
import type { FileSystemInfo, IdentitySet } from './drive.ts';
import type { ConflictBehavior } from './drive-reader.ts';
import { foldName } from './names.ts';
import type { Database } from './store/database.ts';

export interface UploadSession {
  readonly guid: string;
  /** Key of the folder. */
  readonly parent: number;
  readonly name: string;
  readonly conflict: ConflictBehavior;
  readonly fileSystemInfo: FileSystemInfo | undefined;
  readonly deferCommit: boolean;
  readonly ifMatch: string | undefined;
  readonly by: IdentitySet;
  readonly growing: GrowingBlob;
  /** Bytes of the whole file; undefined before the first fragment. */
  readonly total: number | undefined;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The upload sessions of one drive; they outlive a restart. */
export class UploadSessions {
  readonly #db: Database;
  readonly #drive: number;
  readonly #sessions = new Map<string, UploadSession>();
  /** GUIDs of the sessions for a place; there may be several when a switch allows it. */
  readonly #byPlace = new Map<string, Set<string>>();
  /** Sessions that are receiving a fragment. */
  readonly #busy = new Set<string>();

  constructor(db: Database, drive: number) {
    this.#db = db;
    this.#drive = drive;
    const rows = db.sql('SELECT guid, body FROM session WHERE drive = ?').all(drive);
    for (const { body } of rows) {
      this.#remember(JSON.parse(body as string));
    }
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Returns the sessions that have not expired at `now`. */
  countOpen(now: number): number {
    return [...this.#sessions.values()].filter(({ expires }) => expires > now).length;
  }

  get(guid: string): UploadSession | undefined {
    return this.#sessions.get(guid);
  }

  /** Returns a session for that name that has not expired. */
  openFor(parent: number, name: string, now: number): UploadSession | undefined {
    for (const guid of this.#byPlace.get(placeOf({ parent, name })) ?? []) {
      const session = this.#sessions.get(guid)!;
      if (session.expires > now) {
        return session;
      }
    }
    return undefined;
  }

  put(session: UploadSession): void {
    this.#remember(session);
    this.#db
      .sql('INSERT INTO session VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body')
      .run(session.guid, this.#drive, JSON.stringify(session));
  }

  delete(guid: string): void {
    const session = this.#sessions.get(guid);
    if (session !== undefined) {
      const place = placeOf(session);
      const there = this.#byPlace.get(place)!;
      there.delete(guid);
      if (there.size === 0) {
        this.#byPlace.delete(place);
      }
    }
    this.#sessions.delete(guid);
    this.#db.sql('DELETE FROM session WHERE guid = ?').run(guid);
  }

  isBusy(guid: string): boolean {
    return this.#busy.has(guid);
  }

  /** Runs `work` while the session takes no other fragment. */
  async hold<T>(guid: string, work: () => Promise<T>): Promise<T> {
    this.#busy.add(guid);
    try {
      return await work();
    } finally {
      this.#busy.delete(guid);
    }
  }

  #remember(session: UploadSession): void {
    this.#sessions.set(session.guid, session);
    const place = placeOf(session);
    const there = this.#byPlace.get(place) ?? new Set();
    this.#byPlace.set(place, there.add(session.guid));
  }
}

function placeOf({ parent, name }: Pick<UploadSession, 'parent' | 'name'>): string {
  return `${parent}/${foldName(name)}`;
}
