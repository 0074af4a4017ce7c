import { DriveError, isDriveError } from '../drive/errors.ts';
import { fromGraphError } from './from-graph-error.ts';

/** Runs an operation of a drive, and translates its error for the drive's callers. */
export async function translating<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await run();
  } catch (error) {
    throw signal.aborted && !isDriveError(error)
      ? new DriveError('aborted', 'the caller has gone', { cause: error })
      : fromGraphError(error);
  }
}
