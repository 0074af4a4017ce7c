/** Setup cannot go on. Nothing has been written, but for what the message names. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
