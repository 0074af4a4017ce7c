import { fromGraphError } from './from-graph-error.ts';

/** A body that ends with the caller's reason when nobody waits for it any more. */
export async function* abortable(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    signal.throwIfAborted();
    yield chunk;
  }
  signal.throwIfAborted();
}

/** A body whose failures are the drive's own. */
export async function* translatingBody(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw fromGraphError(error);
  }
}

/**
 * `body`, whose end also closes what is behind it when nobody has begun to read: to end a generator that has not
 * started runs nothing of it.
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
