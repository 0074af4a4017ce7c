import { fromGraphError } from './from-graph-error.ts';

/** Yields `body`, and throws the signal's reason once the caller has gone. */
export async function* abortable(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    signal.throwIfAborted();
    yield chunk;
  }
  signal.throwIfAborted();
}

/** Yields bytes that are in memory. */
export async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Yields `body`, and translates its failures to DriveErrors. */
export async function* translatingBody(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw fromGraphError(error);
  }
}

/**
 * Returns `body`, and calls `close` when it ends before anybody has begun to read: ending a generator that has not
 * started runs none of its code.
 */
export function closing(body: AsyncGenerator<Uint8Array>, close: () => void): AsyncIterable<Uint8Array> {
  let hasBegun = false;
  const next = () => {
    hasBegun = true;
    return body.next();
  };
  const end = () => {
    if (!hasBegun) {
      close();
    }
    return body.return(undefined);
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}
