import { createReadStream, createWriteStream } from 'node:fs';
import { access, link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GraphFault } from './graph-error.ts';
import { QuickXorHash, type QuickXorState } from './quick-xor-hash.ts';
import type { Database } from './store/database.ts';

/** A finished content: its bytes are kept under `name`. */
export interface Blob {
  readonly name: string;
  readonly size: number;
  readonly quickXorHash: string;
}

/** A content that is still growing, as stored so far. */
export interface GrowingBlob {
  readonly name: string;
  readonly size: number;
  readonly hash: QuickXorState;
}

/** Contents up to this size are in the database, so that a million small files are not a million files on disk. */
const INLINE_BYTES = 32 * 1024;

/** Contents, each written once: small ones in the database, larger ones as a file each. Never wholly in memory. */
export class BlobStore {
  readonly #folder: string;
  readonly #db: Database;
  readonly #ids: () => string;

  constructor(folder: string, db: Database, ids: () => string) {
    this.#folder = folder;
    this.#db = db;
    this.#ids = ids;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
  }

  begin(): GrowingBlob {
    return { name: this.#ids(), size: 0, hash: new QuickXorHash().state() };
  }

  /**
   * Appends all of `source`, at most `limit` bytes, and returns the new blob. After a failure the old blob remains
   * valid: bytes behind its end are overwritten.
   */
  async append(blob: GrowingBlob, source: AsyncIterable<Uint8Array>, limit: number): Promise<GrowingBlob> {
    const hash = new QuickXorHash(blob.hash);
    let size = blob.size;
    const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        size += chunk.length;
        checkLimit(size - blob.size, limit);
        hash.update(chunk);
        yield chunk;
      }
    };
    const place = blob.size === 0 ? { flags: 'w' } : { flags: 'r+', start: blob.size };
    await pipeline(source, counted, createWriteStream(this.#path(blob.name), place));
    return { name: blob.name, size, hash: hash.state() };
  }

  finish({ name, size, hash }: GrowingBlob): Blob {
    return { name, size, quickXorHash: new QuickXorHash(hash).digest() };
  }

  /** Stores all of `source`; refuses more than `limit` bytes. */
  async store(source: AsyncIterable<Uint8Array>, limit: number): Promise<Blob> {
    const head: Uint8Array[] = [];
    let size = 0;
    const chunks = source[Symbol.asyncIterator]();
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      head.push(next.value);
      size += next.value.length;
      checkLimit(size, limit);
      if (size > INLINE_BYTES) {
        return this.#storeFile(chain(head, chunks), limit);
      }
    }
    return this.#storeInline(Buffer.concat(head));
  }

  /** Returns the bytes `start` to `end`, both included. */
  read(blob: Pick<Blob, 'name' | 'size'>, start = 0, end = blob.size - 1): AsyncIterable<Uint8Array> {
    if (end < start) {
      return fromBytes([]);
    }
    const inline = blob.size <= INLINE_BYTES ? this.#inline(blob.name) : undefined;
    return inline === undefined
      ? createReadStream(this.#path(blob.name), { start, end })
      : fromBytes([inline.subarray(start, end + 1)]);
  }

  async copy(blob: Blob): Promise<Blob> {
    const name = this.#ids();
    const inline = this.#inline(blob.name);
    if (inline === undefined) {
      await link(this.#path(blob.name), this.#path(name));
    } else {
      this.#keep(name, inline);
    }
    return { ...blob, name };
  }

  /** Tells whether there is a file of that name; contents in the database have none. */
  async has(name: string): Promise<boolean> {
    return access(this.#path(name)).then(
      () => true,
      () => false,
    );
  }

  async drop(name: string): Promise<void> {
    this.#db.sql('DELETE FROM content WHERE name = ?').run(name);
    await rm(this.#path(name), { force: true });
  }

  /** Removes contents without an item, version or session. */
  async dropUnused(): Promise<void> {
    const used = `SELECT blob FROM item WHERE blob IS NOT NULL UNION SELECT blob FROM version
      UNION SELECT json_extract(body, '$.growing.name') FROM session`;
    this.#db.sql(`DELETE FROM content WHERE name NOT IN (${used})`).run();
    // Iterates over the files, not over the names in use: a million small contents have no file.
    this.#db.sql('CREATE TEMP TABLE IF NOT EXISTS stored (name TEXT PRIMARY KEY) WITHOUT ROWID').run();
    const files = await readdir(this.#folder);
    this.#db.transaction(() => {
      this.#db.sql('DELETE FROM stored').run();
      for (const name of files) {
        this.#db.sql('INSERT INTO stored VALUES (?)').run(name);
      }
    });
    const stale = this.#db.sql(`SELECT name FROM stored WHERE name NOT IN (${used})`).all();
    await Promise.all(stale.map(({ name }) => rm(this.#path(name as string), { force: true })));
  }

  /** Stores a small content synchronously; for seeds. */
  storeSmall(bytes: Uint8Array): Blob {
    checkLimit(bytes.length, INLINE_BYTES);
    return this.#storeInline(bytes);
  }

  #storeInline(bytes: Uint8Array): Blob {
    const name = this.#ids();
    this.#keep(name, bytes);
    return { name, size: bytes.length, quickXorHash: new QuickXorHash().update(bytes).digest() };
  }

  async #storeFile(source: AsyncIterable<Uint8Array>, limit: number): Promise<Blob> {
    const blob = this.begin();
    try {
      return this.finish(await this.append(blob, source, limit));
    } catch (error) {
      await this.drop(blob.name);
      throw error;
    }
  }

  #keep(name: string, bytes: Uint8Array): void {
    this.#db.sql('INSERT INTO content VALUES (?, ?)').run(name, bytes);
  }

  #inline(name: string): Uint8Array | undefined {
    return this.#db.sql('SELECT bytes FROM content WHERE name = ?').get(name)?.bytes as Uint8Array | undefined;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function checkLimit(size: number, limit: number): void {
  if (size > limit) {
    throw new GraphFault('requestEntityTooLarge', 'The request message is too big.');
  }
}

async function* chain(head: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    yield next.value;
  }
}

async function* fromBytes(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
