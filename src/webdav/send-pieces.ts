import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { withTurns } from '../lib/with-turns.ts';

export interface Head {
  readonly status: number;
  readonly headers: Record<string, string>;
}

/** Sends a body that is rendered in pieces. A single piece, the usual case, goes out in one write with its length. */
export async function sendPieces(
  response: ServerResponse,
  { status, headers }: Head,
  pieces: AsyncGenerator<string>,
): Promise<void> {
  const first = (await pieces.next()).value ?? '';
  const second = await pieces.next();
  if (second.done) {
    response.writeHead(status, { ...headers, 'Content-Length': String(Buffer.byteLength(first)) }).end(first);
    return;
  }
  response.writeHead(status, headers);
  await pipeline(Readable.from(withTurns(chain([first, second.value], pieces))), response);
}

async function* chain<T>(...parts: (Iterable<T> | AsyncIterable<T>)[]): AsyncGenerator<T> {
  for (const part of parts) {
    yield* part;
  }
}
