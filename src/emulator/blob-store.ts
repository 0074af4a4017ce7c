import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { QuickXorHash } from './quick-xor-hash.ts';

/** A finished content: bytes on disk under `name`. */
export interface Blob {
  readonly name: string;
  readonly size: number;
  readonly quickXorHash: string;
}

/** A content that is still growing. */
export interface GrowingBlob {
  readonly name: string;
  size: number;
  hash: QuickXorHash;
}

/** Contents as files, one each, never in memory. */
export class BlobStore {
  readonly #folder: string;
  readonly #ids: () => string;

  constructor(folder: string, ids: () => string) {
    this.#folder = folder;
    this.#ids = ids;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
  }

  begin(): GrowingBlob {
    return { name: this.#ids(), size: 0, hash: new QuickXorHash() };
  }

  /** Appends all of `source`, or, when it fails or is longer than `limit`, nothing. */
  async append(blob: GrowingBlob, source: AsyncIterable<Uint8Array>, limit: number): Promise<void> {
    const before = blob.size;
    const hash = blob.hash.clone();
    let size = before;
    const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        size += chunk.length;
        if (size - before > limit) {
          throw new RangeError('more bytes than allowed');
        }
        hash.update(chunk);
        yield chunk;
      }
    };
    try {
      await pipeline(source, counted, createWriteStream(this.#path(blob.name), { flags: 'a' }));
    } catch (error) {
      await truncate(this.#path(blob.name), before).catch(() => {});
      throw error;
    }
    blob.size = size;
    blob.hash = hash;
  }

  finish(blob: GrowingBlob): Blob {
    return { name: blob.name, size: blob.size, quickXorHash: blob.hash.digest() };
  }

  /** Stores all of `source`. */
  async store(source: AsyncIterable<Uint8Array>, limit: number): Promise<Blob> {
    const blob = this.begin();
    try {
      await this.append(blob, source, limit);
    } catch (error) {
      await this.drop(blob.name);
      throw error;
    }
    return this.finish(blob);
  }

  /** The bytes `start` to `end`, both included. */
  read(blob: Blob, start = 0, end = blob.size - 1): AsyncIterable<Buffer> {
    return end < start ? emptySource() : createReadStream(this.#path(blob.name), { start, end });
  }

  async copy(blob: Blob): Promise<Blob> {
    const name = this.#ids();
    await copyFile(this.#path(blob.name), this.#path(name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || blob.size > 0) {
        throw error;
      }
    });
    return { ...blob, name };
  }

  async drop(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  /** Removes what nothing refers to any more. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    const stale = (await readdir(this.#folder)).filter(name => !names.has(name));
    await Promise.all(stale.map(name => this.drop(name)));
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

async function* emptySource(): AsyncGenerator<Buffer> {}
