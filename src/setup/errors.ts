/** The command line is wrong, or says too little for a run without a terminal. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Setup cannot go on. Nothing has been written, but for what the message names. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
