import { DriveError, isDriveError } from '../drive/errors.ts';

/** Gives an error of the owner's tree a cause, so that its words, which name places there, stay in the log. */
export async function hidingPaths<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isDriveError(error)) {
      throw error;
    }
    const { code, message, retryAfterSeconds } = error;
    const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    throw new DriveError(code, message, { ...wait, cause: error });
  }
}
