import type { BlobStore } from './blob-store.ts';
import { SYSTEM } from './drive.ts';
import type { Item } from './drive-reader.ts';
import type { Settings } from './options.ts';
import type { Library } from './site.ts';

/** The text that is written into a file, instead of the real service's properties. */
const PROPERTIES = Buffer.from('properties promoted by SharePoint');
/** A ZIP's last record, without a comment. */
const ZIP_END_BYTES = 22;
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/**
 * Rewrites Office files a while after a write, as SharePoint does when it promotes properties: size, hash and cTag
 * move, without a version (onedrive-api-docs 935, 1066; graph docs 8903).
 */
export class OfficeRewriter {
  readonly #settings: Settings;
  readonly #blobs: BlobStore;
  readonly #running = new Set<Promise<void>>();
  #isClosed = false;

  constructor(settings: Settings, blobs: BlobStore) {
    this.#settings = settings;
    this.#blobs = blobs;
  }

  /** Must be called when a client has written the file. */
  written({ drive }: Library, { key, name, ctagVersion }: Item): void {
    const { rewritesOffice, timers } = this.#settings;
    if (rewritesOffice === 'never' || !rewritesOffice.extensions.some(end => name.toLowerCase().endsWith(end))) {
      return;
    }
    void timers.sleep(rewritesOffice.afterMs).then(() => {
      const item = this.#isClosed ? undefined : drive.store.byKey(key);
      if (item?.blob != null && item.ctagVersion === ctagVersion) {
        this.#run(this.#rewrite({ drive }, item));
      }
    });
  }

  /** Starts no new rewrites, and waits for the running ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#running);
  }

  #run(work: Promise<void>): void {
    const done = work.finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  async #rewrite({ drive }: Pick<Library, 'drive'>, { key, blob: name, size, ctagVersion }: Item): Promise<void> {
    const blob = await this.#blobs.store(this.#promoted({ name: name!, size }), UNLIMITED);
    const item = drive.store.byKey(key);
    if (item?.ctagVersion === ctagVersion) {
      drive.rewrite(item, blob, { now: this.#settings.clock.now(), by: SYSTEM });
    } else {
      await this.#blobs.drop(blob.name);
    }
  }

  /** Appends the properties to the bytes: as the comment of a ZIP without one, so that it stays a valid ZIP. */
  async *#promoted(blob: { name: string; size: number }): AsyncGenerator<Uint8Array> {
    const tail = Math.min(ZIP_END_BYTES, blob.size);
    yield* this.#blobs.read(blob, 0, blob.size - tail - 1);
    const end = Buffer.concat(await Array.fromAsync(this.#blobs.read(blob, blob.size - tail)));
    if (end.length === ZIP_END_BYTES && end.readUInt32LE(0) === 0x06054b50 && end.readUInt16LE(20) === 0) {
      end.writeUInt16LE(PROPERTIES.length, 20);
    }
    yield Buffer.concat([end, PROPERTIES]);
  }
}
