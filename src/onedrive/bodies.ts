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
