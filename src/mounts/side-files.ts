import type { EntryTimes, ReadOptions, ReadResult, WriteOptions } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError } from '../drive/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { SideFileInfo, SideStore } from '../state/side-store.ts';

/**
 * The limit for one file: a resource fork with a large icon fits; larger files are user data and belong in OneDrive.
 */
const MAX_BYTES = 16 * 1024 * 1024;
/** AppleDouble: macOS stores metadata that does not fit in the file `name` in `._name` (RFC 1740 §B). */
const TWIN_PREFIX = '._';

type Place = readonly string[];

/** Returns the name of the AppleDouble file of `name`. */
export function twinName(name: string): string {
  return `${TWIN_PREFIX}${name}`;
}

/** A kept or pretended file. */
export interface SideContent {
  readonly entry: Entry;
  readonly bytes: Uint8Array;
}

/** The side store in a drive's terms: entries, bodies, and companions that move with their file. */
export class SideFiles {
  readonly #store: SideStore;
  readonly #clock: Clock;
  readonly #since: Date;

  constructor({ store, clock, since }: { store: SideStore; clock: Clock; since: Date }) {
    this.#store = store;
    this.#clock = clock;
    this.#since = since;
  }

  async entry(place: Place, name: string): Promise<Entry | undefined> {
    const info = await this.#store.info(place);
    return info === undefined ? undefined : toEntry(info, name);
  }

  /** Returns the file and its bytes, both of one version. */
  async open(place: Place, name: string): Promise<SideContent | undefined> {
    const file = await this.#store.get(place, this.#clock.now());
    return file && { entry: toEntry({ ...file, size: file.bytes.length }, name), bytes: file.bytes };
  }

  /** Returns the entry of an empty file that is not stored. */
  pretended(name: string): Entry {
    const id = `pretended-${encodeURIComponent(name)}`;
    return { kind: 'file', name, id, etag: id, size: 0, created: this.#since, modified: this.#since };
  }

  /**
   * Stores the body in one step once it is complete. `isListed`: its folder lists the file. Throws `precondition`,
   * `body-length`, `too-large`, `aborted`, `quota`.
   */
  async write(
    place: Place,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions & { name: string; isListed: boolean },
  ): Promise<Entry> {
    const { expect, name, modified, beforeCommit, isListed } = options;
    const bytes = await collect(body, options);
    const current = await this.entry(place, name);
    const isMet =
      expect === undefined ||
      (expect.kind === 'absent' ? current === undefined : expect.etags.includes(current?.etag ?? ''));
    if (!isMet) {
      throw notExpected(name);
    }
    await beforeCommit?.();
    const put = this.#store.put(place, bytes, {
      now: this.#clock.now(),
      modified: modified?.getTime(),
      name: isListed ? name : '',
      // Checked again, in one step with the commit.
      expect: expect?.kind === 'etag' ? expect.etags : expect?.kind,
    });
    const info = await whereThereIsRoom(put, name);
    if (info === undefined) {
      throw notExpected(name);
    }
    return toEntry(info, name);
  }

  /** Throws `exists`, `quota`. */
  async makeFolder(place: Place, name: string): Promise<Entry> {
    const info = await whereThereIsRoom(this.#store.makeFolder(place, { now: this.#clock.now(), name }), name);
    if (info === undefined) {
      throw new DriveError('exists', `cannot create ${name}: the name is taken`);
    }
    return toEntry(info, name);
  }

  /** Does the same where there may be a file, which it replaces. */
  async makeFolderAnew(place: Place, name: string, { isTaken }: { isTaken: boolean }): Promise<void> {
    if (isTaken) {
      await this.forget(place);
    }
    await this.makeFolder(place, name);
  }

  /** Returns the members of a kept folder. */
  async members(place: Place): Promise<Entry[]> {
    return (await this.#store.members(place)).map(({ name, info }) => toEntry(info, name));
  }

  async setTimes(place: Place, { created, modified }: EntryTimes): Promise<void> {
    await this.#store.setTimes(place, { created: created?.getTime(), modified: modified?.getTime() });
  }

  /** Removes everything at and below `place`, and its companion. */
  async forget(place: Place): Promise<void> {
    await this.#store.delete(place);
    await this.#store.delete(twinOf(place));
  }

  /** Moves everything at `from`. `name`: the listed name, `''` for none; absent: unchanged. */
  async moved(from: Place, to: Place, { name }: { name?: string } = {}): Promise<void> {
    const isSamePlace = from.join('/') === to.join('/');
    if (!isSamePlace || name !== undefined) {
      await this.#store.move(from, to, { name });
    }
    if (!isSamePlace) {
      await this.#store.move(twinOf(from), twinOf(to));
    }
  }

  /** Copies everything at `from`. `name` as in `moved`. Throws `quota`, and then changes nothing. */
  async copied(
    from: Place,
    to: Place,
    { depth, hasTwin, name }: { depth: 0 | 'infinity'; hasTwin: boolean; name?: string },
  ): Promise<void> {
    const now = this.#clock.now();
    const copy = async () => {
      if (depth === 0) {
        await this.#store.delete(to);
      } else {
        await this.#store.copy(from, to, { now, name });
      }
      // The folder of a mount has none: entries beside it in the drive are hidden from the user.
      if (hasTwin) {
        await this.#store.copy(twinOf(from), twinOf(to), { now });
      }
    };
    await whereThereIsRoom(copy(), from.at(-1) ?? '');
  }
}

/** Returns the requested range of a kept file's bytes, or all. Throws `range`. */
export function readSideContent({ entry, bytes }: SideContent, { range, signal }: ReadOptions): ReadResult {
  if (range !== undefined && (range.start > range.end || range.end >= bytes.length)) {
    throw new DriveError('range', `the range lies outside of the ${bytes.length} bytes of ${entry.name}`);
  }
  const part = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
  return { entry, length: part.length, body: yieldOnce(part, signal) };
}

function twinOf(place: Place): Place {
  return [...place.slice(0, -1), twinName(place.at(-1) ?? '')];
}

function notExpected(name: string): DriveError {
  return new DriveError('precondition', `cannot write ${name}: it is not the version that was expected`);
}

async function whereThereIsRoom<T>(put: Promise<T>, name: string): Promise<T> {
  try {
    return await put;
  } catch (error) {
    if (error instanceof RangeError) {
      throw new DriveError('quota', `cannot keep ${name}: there is no room left for files of this kind`, {
        cause: error,
      });
    }
    throw error;
  }
}

function toEntry({ id, version, size, created, modified, kind }: SideFileInfo, name: string): Entry {
  const wholeSeconds = (time: number) => new Date(Math.floor(time / 1000) * 1000);
  return {
    kind: kind ?? 'file',
    name,
    id: `side-${id}`,
    etag: version,
    size,
    created: wholeSeconds(created),
    modified: wholeSeconds(modified),
  };
}

async function collect(body: AsyncIterable<Uint8Array>, { signal, length }: WriteOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      throw new DriveError('too-large', `a file of this name must not be longer than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  if (signal.aborted) {
    throw new DriveError('aborted', 'the caller has gone', { cause: signal.reason });
  }
  if (length !== undefined && size !== length) {
    throw new DriveError('body-length', `cannot store the file: ${length} bytes were announced but ${size} arrived`);
  }
  return Buffer.concat(chunks);
}

async function* yieldOnce(bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  if (bytes.length > 0) {
    yield bytes;
  }
}
