/** Setup cannot go on. No files have been written, except those that the message names. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
