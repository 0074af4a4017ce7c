/**
 * Why a drive operation failed, independent of protocols. `webdav/errors.ts` gives each code its HTTP status; a new
 * code does not compile until it has one there.
 *
 * Only `not-found` claims that something is absent, and only proven absence may use it: a sync client deletes its copy
 * of what we call absent.
 */
export type DriveErrorCode =
  /** The entry is proven not to exist (404). */
  | 'not-found'
  /** The folder that should hold the new entry does not exist, or is a file (409). */
  | 'no-parent'
  /** The name is taken and the caller asked not to replace (405 for MKCOL, 412 for Overwrite: F). */
  | 'exists'
  /** A file was needed and this is a folder (405). */
  | 'is-folder'
  /** A folder was needed and this is a file (405). */
  | 'is-file'
  /** The entry is not the one the caller expected: its entity tag differs (412). */
  | 'precondition'
  /** The drive cannot store this name (400). The message says which rule it breaks. */
  | 'bad-name'
  /** The whole path is longer than the drive can store (414). */
  | 'path-too-long'
  /** The drive, its policy or the mount's configuration forbids it (403). */
  | 'forbidden'
  /** This user, or everybody, may only read there (403). Unlike `forbidden`, another privilege would help. */
  | 'read-only'
  /** Somebody has the file open or checked out in the cloud (423). */
  | 'locked'
  /** No space left (507). */
  | 'quota'
  /** The file is larger than the drive can store (413). */
  | 'too-large'
  /** The body ended before, or went on after, its declared length (400). */
  | 'body-length'
  /** A byte range outside the file (416). */
  | 'range'
  /** The cloud asks us to slow down (503 + Retry-After). */
  | 'throttled'
  /** The cloud, the mailbox or our credential is not usable now (503 + Retry-After). */
  | 'unavailable'
  /** The cloud sent an answer that we do not understand (502). */
  | 'upstream'
  /** The cloud did not answer in time; the outcome is unknown (504). */
  | 'timeout'
  /** The caller's signal was aborted; no client is left to answer. */
  | 'aborted';

/** The only error that a `Drive` throws on purpose; anything else is a bug and becomes 500. */
export class DriveError extends Error {
  override readonly name = 'DriveError';
  readonly code: DriveErrorCode;
  /** Seconds after which a retry makes sense; only with `throttled` and `unavailable`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: DriveErrorCode, message: string, options: { retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Returns true when `error` is a `DriveError` and, if codes are given, has one of them. */
export function isDriveError(error: unknown, ...codes: DriveErrorCode[]): error is DriveError {
  return error instanceof DriveError && (codes.length === 0 || codes.includes(error.code));
}
