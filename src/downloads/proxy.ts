import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Streams `body` to the client, as fast as the client accepts it. Writes nothing before the first byte arrives, so that
 * an early upstream failure still gives an error answer; a later one cuts the connection. The upstream request ends in
 * every case.
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
