import { QuickXorHash } from '../../lib/quick-xor-hash.ts';
import { RequestError } from '../dav/errors.ts';

/** A slice is hashed in some milliseconds, so the page stays smooth between two. */
const SLICE_BYTES = 4 * 1024 * 1024;

/** The QuickXorHash of a file, from its beginning on. */
export class FileHash {
  readonly #file: File;
  readonly #hash = new QuickXorHash();

  constructor(file: File) {
    this.#file = file;
  }

  /** Hashes the bytes up to an offset, as far as they are not yet. Throws `unreadable`. */
  async upTo(end: number, signal: AbortSignal): Promise<void> {
    while (this.#hash.length < end) {
      const from = this.#hash.length;
      const bytes = await read(this.#file.slice(from, Math.min(end, from + SLICE_BYTES)));
      signal.throwIfAborted();
      this.#hash.update(bytes);
    }
  }

  /** The hash of the whole file, in Base64. Throws `unreadable`. */
  async digest(signal: AbortSignal): Promise<string> {
    await this.upTo(this.#file.size, signal);
    return this.#hash.digest();
  }
}

/** A browser refuses to read a file that was changed on the disk after it was chosen (File API, `NotReadableError`). */
async function read(slice: Blob): Promise<Uint8Array> {
  const bytes = await slice.arrayBuffer().catch(() => undefined);
  if (bytes === undefined || bytes.byteLength !== slice.size) {
    throw new RequestError('unreadable');
  }
  return new Uint8Array(bytes);
}
