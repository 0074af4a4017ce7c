/** The command line is wrong, or incomplete for a run without a terminal. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
