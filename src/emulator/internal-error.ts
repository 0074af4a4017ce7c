import type { IncomingMessage } from 'node:http';

/** What Node says when a body ends because its sender is gone. */
const CODES_OF_LOSS: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'];

/** Whether an error only says that the client has left; there is nobody to answer, and nothing is wrong here. */
export function isClientGone(request: IncomingMessage, error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return request.socket.destroyed || (!request.complete && CODES_OF_LOSS.includes(code));
}
