import { LRUCache } from 'lru-cache';
import type { Entry } from '../drive/entry.ts';
import { type DrivePath, foldName, isWithin, pathKey } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';

/** A client looks again at what it has just sent; an hour later the share shows it nothing any more. */
const KEPT_MS = 60 * 60_000;
const MAX_CLIENTS = 1_000;
/** A client that sends more does not see the first ones again. */
const MAX_ENTRIES = 1_000;

/** What one client has put into one share lately, as it was written, by path in the share. */
export class OwnUploads {
  readonly #entries: LRUCache<string, { readonly path: DrivePath; readonly entry: Entry }>;

  constructor(clock: Clock) {
    this.#entries = new LRUCache({ max: MAX_ENTRIES, ttl: KEPT_MS, perf: clock });
  }

  add(path: DrivePath, entry: Entry): void {
    this.#entries.set(pathKey(path), { path, entry });
  }

  get(path: DrivePath): Entry | undefined {
    return this.#entries.get(pathKey(path))?.entry;
  }

  /** Returns the members of a folder. */
  membersOf(folder: DrivePath): Entry[] {
    return [...this.#entries.values()]
      .filter(({ path }) => path.length === folder.length + 1 && isWithin(path, folder))
      .map(({ entry }) => entry);
  }
}

/** The uploads of the clients seen lately. It is process-wide and not shared: a client that changes servers sees less. */
export class UploadMemory {
  readonly #clients = new LRUCache<string, OwnUploads>({ max: MAX_CLIENTS });
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(share: string, client: ClientOfShare): OwnUploads {
    const key = clientKey(share, client);
    const own = this.#clients.get(key) ?? new OwnUploads(this.#clock);
    this.#clients.set(key, own);
    return own;
  }
}

/** What tells one client of a share from another, as far as that can be told without names. */
export interface ClientOfShare {
  readonly address: string;
  readonly userAgent: string;
}

export function clientKey(share: string, { address, userAgent }: ClientOfShare): string {
  return JSON.stringify([share, address, foldName(userAgent)]);
}
