import type { IncomingMessage } from 'node:http';

/** Node's error codes for a body that ends because its sender is gone. */
const CODES_OF_LOSS: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'];

/** Tells whether an error only means that the client has disconnected, which is no bug of the emulator. */
export function isClientGone(request: IncomingMessage, error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return request.socket.destroyed || (!request.complete && CODES_OF_LOSS.includes(code));
}
