import { currentPermit } from '../lib/permit.ts';
import { GraphError } from './errors.ts';
import type { HttpAnswer, HttpCall, Transport } from './transport.ts';

/**
 * Sends a request; one that changes something only while its sender has leave to (`lib/permit.ts`). Otherwise a server
 * that was paused, and whose claim has ended meanwhile, would write under another client's lock. Throws GraphError
 * `lapsed`.
 */
export async function send(transport: Transport, call: HttpCall): Promise<HttpAnswer> {
  const permit = call.method === 'GET' ? undefined : currentPermit();
  if (permit === undefined) {
    return transport.send(call);
  }
  if (!permit.isHeld()) {
    throw lapsed();
  }
  const { lost } = permit;
  if (lost === undefined) {
    return transport.send(call);
  }
  const { signal } = call;
  try {
    return await transport.send({ ...call, signal: AbortSignal.any([signal, lost]) });
  } catch (error) {
    throw lost.aborted && !signal.aborted ? lapsed(error) : error;
  }
}

/** With a cause the request was under way: it may have been executed. */
function lapsed(cause?: unknown): GraphError {
  const error = new GraphError('lapsed', 'this server is not counted among the living any more, so it may not write', {
    retryAfterSeconds: 1,
    cause,
  });
  error.mayBeDone = cause !== undefined;
  return error;
}
