import type { EntryTimes, ReadOptions, ReadResult, WriteOptions } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError } from '../drive/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { SideFileInfo, SideStore } from '../state/side-store.ts';

/** Of one file: a resource fork with a large icon fits; what is larger is somebody's data and belongs into OneDrive. */
const MAX_BYTES = 16 * 1024 * 1024;
/** AppleDouble: what macOS cannot store in a file itself stands in `._` and the file's name (RFC 1740 §B). */
const TWIN_PREFIX = '._';

type Place = readonly string[];

/** The name of the file that holds what macOS cannot store in the file `name` itself. */
export function twinName(name: string): string {
  return `${TWIN_PREFIX}${name}`;
}

/** The side store in terms of a drive: entries, bodies, and what becomes of a file's companions when it moves. */
export class SideFiles {
  readonly #store: SideStore;
  readonly #clock: Clock;
  readonly #since: Date;

  constructor({ store, clock, since }: { store: SideStore; clock: Clock; since: Date }) {
    this.#store = store;
    this.#clock = clock;
    this.#since = since;
  }

  entry(place: Place, name: string): Entry | undefined {
    const info = this.#store.info(place);
    return info === undefined ? undefined : toEntry(info, name);
  }

  /** An empty file that is nowhere. */
  pretended(name: string): Entry {
    const id = `pretended-${encodeURIComponent(name)}`;
    return { kind: 'file', name, id, etag: id, size: 0, created: this.#since, modified: this.#since };
  }

  read(place: Place, { entry, range, signal }: ReadOptions & { entry: Entry }): ReadResult {
    const bytes = this.#store.get(place, this.#clock.now())?.bytes ?? new Uint8Array(0);
    if (range !== undefined && (range.start > range.end || range.end >= bytes.length)) {
      throw new DriveError('range', `the range lies outside of the ${bytes.length} bytes of ${entry.name}`);
    }
    const part = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
    return { entry, length: part.length, body: yieldOnce(part, signal) };
  }

  /** Stores the body at once when it is whole. `isListed`: by the folder that it is in. Throws `precondition`, `body-length`, `too-large`, `aborted`, `quota`. */
  async write(
    place: Place,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions & { name: string; isListed: boolean },
  ): Promise<Entry> {
    const { expect, name, modified, beforeCommit, isListed } = options;
    const bytes = await collect(body, options);
    const current = this.entry(place, name);
    const isMet =
      expect === undefined ||
      (expect.kind === 'absent' ? current === undefined : expect.etags.includes(current?.etag ?? ''));
    if (!isMet) {
      throw new DriveError('precondition', `cannot write ${name}: it is not the version that was expected`);
    }
    await beforeCommit?.();
    const listedAs = isListed ? name : '';
    const put = () =>
      this.#store.put(place, bytes, { now: this.#clock.now(), modified: modified?.getTime(), name: listedAs });
    return toEntry(whereThereIsRoom(put, name), name);
  }

  makeFolder(place: Place, name: string): Entry {
    return toEntry(
      whereThereIsRoom(() => this.#store.makeFolder(place, { now: this.#clock.now(), name }), name),
      name,
    );
  }

  /** What is in a folder that is kept here. */
  members(place: Place): Entry[] {
    return this.#store.members(place).map(({ name, info }) => toEntry(info, name));
  }

  /** What is at `place` is called `name` now; `isListed`: by the folder that it is in. */
  renamed(place: Place, { name, isListed }: { name: string; isListed: boolean }): void {
    this.#store.rename(place, isListed ? name : '');
  }

  setTimes(place: Place, { created, modified }: EntryTimes): void {
    this.#store.setTimes(place, { created: created?.getTime(), modified: modified?.getTime() });
  }

  /** What was at `place` is gone; so is what was below it, and its companion. */
  forget(place: Place): void {
    this.#store.delete(place);
    this.#store.delete(twinOf(place));
  }

  moved(from: Place, to: Place): void {
    if (from.join('/') !== to.join('/')) {
      this.#store.move(from, to);
      this.#store.move(twinOf(from), twinOf(to));
    }
  }

  /** Throws `quota`; what is kept is as it was then. */
  copied(from: Place, to: Place, { depth, hasTwin }: { depth: 0 | 'infinity'; hasTwin: boolean }): void {
    const now = this.#clock.now();
    const copy = () => {
      if (depth === 0) {
        this.#store.delete(to);
      } else {
        this.#store.copy(from, to, now);
      }
      // The folder of a mount has none: what stands beside it in the drive is not the user's to see.
      if (hasTwin) {
        this.#store.copy(twinOf(from), twinOf(to), now);
      }
    };
    whereThereIsRoom(copy, from.at(-1) ?? '');
  }
}

function twinOf(place: Place): Place {
  return [...place.slice(0, -1), twinName(place.at(-1) ?? '')];
}

function whereThereIsRoom<T>(put: () => T, name: string): T {
  try {
    return put();
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
    throw new DriveError('aborted', 'the caller is gone', { cause: signal.reason });
  }
  if (length !== undefined && size !== length) {
    throw new DriveError('body-length', `cannot store the file: ${length} bytes were announced and ${size} came`);
  }
  return Buffer.concat(chunks);
}

async function* yieldOnce(bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  if (bytes.length > 0) {
    yield bytes;
  }
}
