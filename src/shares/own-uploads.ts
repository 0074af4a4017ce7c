import type { Entry } from '../drive/entry.ts';
import { type DrivePath, dropNames, foldName, isWithin, pathKey, toDrivePath } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import type { NoteStore } from '../state/note-store.ts';

/** A client looks again at what it has just sent; an hour later the share shows it nothing any more. */
const KEPT_MS = 60 * 60_000;
/** The lists of a client that sends more lack the first ones. */
const MAX_LISTED = 1_000;

/**
 * What one client has put into one share lately, as it was written, by path in the share; any server knows it. The first
 * name of these paths, the token, is not kept.
 */
export class OwnUploads {
  readonly #notes: NoteStore;
  readonly #clock: Clock;
  readonly #client: string;

  /** `client`: as `clientKey` names it. */
  constructor(client: string, { notes, clock }: { readonly notes: NoteStore; readonly clock: Clock }) {
    this.#client = client;
    this.#notes = notes;
    this.#clock = clock;
  }

  /** Never rejects: a completed change must not be reported as failed. The client does not see it again then. */
  async add(path: DrivePath, entry: Entry): Promise<void> {
    const now = this.#clock.now();
    const note = { kind: 'share-upload', key: this.#keyOf(path), owner: this.#client } as const;
    const value = JSON.stringify({ names: dropNames(path, 1), entry });
    await this.#notes.put({ ...note, value, ends: now + KEPT_MS }, now).catch(() => {});
  }

  async get(path: DrivePath): Promise<Entry | undefined> {
    const value = await this.#notes.get('share-upload', this.#keyOf(path), this.#clock.now());
    return value === undefined ? undefined : read(value).entry;
  }

  /** Returns the members of a folder. */
  async membersOf(folder: DrivePath): Promise<Entry[]> {
    const options = { now: this.#clock.now(), max: MAX_LISTED };
    const all = (await this.#notes.list('share-upload', this.#client, options)).map(read);
    const below = dropNames(folder, 1);
    return all
      .filter(({ path }) => path.length === below.length + 1 && isWithin(path, below))
      .map(({ entry }) => entry);
  }

  #keyOf(path: DrivePath): string {
    return JSON.stringify([this.#client, pathKey(dropNames(path, 1))]);
  }
}

function read(value: string): { readonly path: DrivePath; readonly entry: Entry } {
  type Kept = { names: string[]; entry: Omit<Entry, 'created' | 'modified'> & { created: string; modified: string } };
  const { names, entry } = JSON.parse(value) as Kept;
  const { created, modified, ...rest } = entry;
  return { path: toDrivePath(names), entry: { ...rest, created: new Date(created), modified: new Date(modified) } };
}

/** What tells one client of a share from another, as far as that can be told without names. */
export interface ClientOfShare {
  readonly address: string;
  readonly userAgent: string;
}

export function clientKey(share: string, { address, userAgent }: ClientOfShare): string {
  return JSON.stringify([share, address, foldName(userAgent)]);
}
