import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Streams `body` to the client, as fast as the client takes it. Nothing is written before the first byte is there, so that an
 * upstream that fails at once is still an error answer; one that fails later cuts the connection. When the client goes, so does upstream.
 */
export async function sendBody(
  response: ServerResponse,
  head: { status: number; headers: Record<string, string> },
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  const first = await iterator.next();
  response.writeHead(head.status, head.headers);
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => iterator };
  await pipeline(Readable.from(withFirst(first, rest), { objectMode: false }), response);
}

async function* withFirst(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.done) {
    return;
  }
  const iterator = rest[Symbol.asyncIterator]();
  try {
    yield first.value;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
