import type { ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { StillHolds } from '../drive/basis.ts';

/** A whole answer, without the headers that each answer gets. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** What the access log says of it. */
  readonly notes?: Readonly<Record<string, unknown>>;
  /** Called before it is given again; false: it is not to be. It may have effects. */
  readonly again?: (() => boolean) | undefined;
}

interface Kept extends Answer {
  /** The answer is still right while all of them return true. */
  readonly parts: readonly StillHolds[];
}

/** One long listing must not drive out all short answers. */
const MAX_SHARE = 16;
/** An answer in memory besides its texts: objects, headers, and what tells whether it holds. */
const OVERHEAD_BYTES = 1_500;
/** A text of Latin-1 goes out in one write with the head. Beyond this length it is no gain, and takes the heap. */
const MAX_TEXT_BYTES = 32 * 1024;

/** Answers as they went out, for requests that are equal in all that an answer depends on. Bounded in bytes. */
export class KeptAnswers {
  readonly #answers: LRUCache<string, Kept>;
  readonly #maxEntryBytes: number;

  constructor(maxBytes: number) {
    this.#maxEntryBytes = Math.floor(maxBytes / MAX_SHARE);
    this.#answers = new LRUCache({ maxSize: maxBytes, sizeCalculation: sizeOf });
  }

  /** The bytes that it takes. */
  get bytes(): number {
    return this.#answers.calculatedSize;
  }

  /**
   * Sends the answer that is kept under `key`, if it is still right; returns false when there is none. `note` gets what
   * the access log says of it.
   */
  send(key: string, response: ServerResponse, note: (notes: NonNullable<Answer['notes']>) => void = () => {}): boolean {
    const kept = this.#answers.get(key);
    if (kept === undefined) {
      return false;
    }
    for (const holds of kept.parts) {
      if (!holds()) {
        this.#answers.delete(key);
        return false;
      }
    }
    if (kept.again?.() === false) {
      this.#answers.delete(key);
      return false;
    }
    response.writeHead(kept.status, kept.headers);
    if (typeof kept.body === 'string') {
      response.end(kept.body, 'latin1');
    } else {
      response.end(kept.body);
    }
    note(kept.notes ?? {});
    return true;
  }

  keep(key: string, { status, headers, body, notes, again }: Answer, parts: readonly StillHolds[]): void {
    const kept = {
      status,
      headers,
      parts,
      ...(again === undefined ? {} : { again }),
      ...(notes === undefined ? {} : { notes }),
      ...(body === undefined ? {} : { body: compact(body) }),
    };
    if (sizeOf(kept, key) <= this.#maxEntryBytes) {
      this.#answers.set(key, kept);
    }
  }
}

function sizeOf({ headers, body }: Kept, key: string): number {
  const inHeaders = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return key.length + inHeaders + (body?.length ?? 0) + OVERHEAD_BYTES;
}

/** The bytes of a body, as Latin-1 if they are few. */
function compact(body: string | Buffer): string | Buffer {
  const bytes = Buffer.from(body);
  return bytes.length <= MAX_TEXT_BYTES ? bytes.toString('latin1') : bytes;
}
