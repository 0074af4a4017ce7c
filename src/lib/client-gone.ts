const CODES = ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'];

/** True for an error of a connection whose client has gone: no fault of the server's. */
export function isClientGone(error: unknown): boolean {
  return CODES.includes(String((error as NodeJS.ErrnoException | undefined)?.code));
}
