import { randomBytes } from 'node:crypto';
import { validateHeaderValue } from 'node:http';
import type { ByteRange } from '../drive/drive.ts';

/** A body of the media type `multipart/byteranges` (RFC 9110 §14.6): several ranges of one file. */
export class ByteRangeParts {
  /** Nobody can know it before, so that no file has it in its content. */
  readonly #boundary = randomBytes(18).toString('hex');
  readonly #parts: readonly { readonly range: ByteRange; readonly head: Buffer }[];
  readonly #end: Buffer;

  constructor({ type, size, ranges }: { type: string; size: number; ranges: readonly ByteRange[] }) {
    // As Node does it for the head of an answer: the type is somebody else's text.
    validateHeaderValue('Content-Type', type);
    const headOf = ({ start, end }: ByteRange) =>
      `\r\n--${this.#boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${start}-${end}/${size}\r\n\r\n`;
    this.#parts = ranges.map(range => ({ range, head: Buffer.from(headOf(range)) }));
    this.#end = Buffer.from(`\r\n--${this.#boundary}--\r\n`);
  }

  get contentType(): string {
    return `multipart/byteranges; boundary=${this.#boundary}`;
  }

  /** Bytes of the whole body. */
  get length(): number {
    return this.#parts.reduce(
      (sum, { head, range: { start, end } }) => sum + head.length + end - start + 1,
      this.#end.length,
    );
  }

  /**
   * Yields the body. `first` are the bytes of the first range; `open` returns those of any other when its turn comes.
   * Yields nothing before the first byte of the file, so that a failure until then can still be answered.
   */
  async *render(
    first: AsyncIterable<Uint8Array>,
    open: (range: ByteRange) => Promise<AsyncIterable<Uint8Array>>,
  ): AsyncGenerator<Uint8Array> {
    for (const [index, { range, head }] of this.#parts.entries()) {
      const bytes = (index === 0 ? first : await open(range))[Symbol.asyncIterator]();
      try {
        let chunk = await bytes.next();
        yield head;
        for (; !chunk.done; chunk = await bytes.next()) {
          yield chunk.value;
        }
      } finally {
        await bytes.return?.();
      }
    }
    yield this.#end;
  }
}
