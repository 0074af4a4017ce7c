import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Streams `body` to the client, as fast as the client takes it. Nothing is written before the first byte is there, so
 * that an upstream that fails at once is still an error answer; one that fails later cuts the connection. However it
 * ends, upstream ends with it.
 */
export async function sendBody(
  response: ServerResponse,
  head: { status: number; headers: Record<string, string> },
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  try {
    const first = await iterator.next();
    response.writeHead(head.status, head.headers);
    await pipeline(Readable.from(partsFrom(first, iterator), { objectMode: false }), response);
  } finally {
    await iterator.return?.();
  }
}

async function* partsFrom(
  first: IteratorResult<Uint8Array>,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (let part = first; !part.done; part = await iterator.next()) {
    yield part.value;
  }
}
