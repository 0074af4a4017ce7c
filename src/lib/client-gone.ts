const CODES = ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'];

/** Returns true for an error of a connection whose client has gone, which is not the server's fault. */
export function isClientGone(error: unknown): boolean {
  return CODES.includes(String((error as NodeJS.ErrnoException | undefined)?.code));
}
