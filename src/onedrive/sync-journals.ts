import { randomBytes } from 'node:crypto';
import { readSyncToken, type SyncLevel, syncToken } from '../drive/changes.ts';
import type { Clock } from '../lib/clock.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import type { SyncJournal, SyncKey, SyncStore } from '../state/sync-store.ts';

const SECRET_BYTES = 16;

/** A token in its parts. */
export interface SyncPosition {
  readonly secret: string;
  readonly level: SyncLevel;
  readonly number: number;
}

/** The journals of all drives; two mounts of one folder share one. */
export class SyncJournals {
  readonly store: SyncStore;
  readonly clock: Clock;
  readonly #turns = new KeyedLock();

  constructor({ store, clock }: { store: SyncStore; clock: Clock }) {
    this.store = store;
    this.clock = clock;
  }

  /** Requests about one folder take turns: each sees the results of the one before. */
  inTurn<T>({ scope, folderId, level }: SyncKey, task: () => Promise<T>): Promise<T> {
    return this.#turns.run(`${scope} ${folderId} ${level}`, task);
  }

  find(key: SyncKey): Promise<SyncJournal | undefined> {
    return this.store.find(key, this.clock.now());
  }

  begin(key: SyncKey, link: string): Promise<SyncJournal> {
    const secret = randomBytes(SECRET_BYTES).toString('hex');
    return this.store.begin(key, { secret, link, now: this.clock.now() });
  }
}

export function formatPosition({ secret, level, number }: SyncPosition): string {
  return syncToken(`${secret}:${level}:${number}`);
}

/** Returns undefined for a foreign token. */
export function parsePosition(token: string): SyncPosition | undefined {
  const match = /^([0-9a-f]{32}):(1|infinite):(\d{1,15})$/.exec(readSyncToken(token) ?? '');
  return match === null
    ? undefined
    : { secret: match[1]!, level: match[2] === '1' ? 1 : 'infinite', number: Number(match[3]) };
}
