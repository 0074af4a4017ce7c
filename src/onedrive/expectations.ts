import type { EntryTimes, Expectation } from '../drive/drive.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { type DrivePath, formatPath } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { toEntry } from './item.ts';

/** The item, unless it is a folder, which has no bytes to write. */
export function refuseFolder(item: DriveItem | null, path: DrivePath): DriveItem | null {
  if (item?.kind === 'folder') {
    throw new DriveError('is-folder', `cannot write ${formatPath(path)}: it is a folder`);
  }
  return item;
}

/** Throws `precondition` when what is there is not what the caller expects. */
export function checkExpectation(item: DriveItem | null, expect: Expectation | undefined, path: DrivePath): void {
  const isMet =
    expect === undefined ||
    (expect.kind === 'absent' ? item === null : item !== null && expect.etags.includes(toEntry(item, false).etag));
  if (!isMet) {
    throw new DriveError('precondition', `cannot write ${formatPath(path)}: it is not the version that was expected`);
  }
}

/** Somebody is at the same name; a moment later it can be said what is there. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Somebody else has taken the name between our look and the commit. That is a failed condition only for who has made
 * one; for who wants to replace whatever is there it is a reason to try again.
 */
export function explainClash(error: unknown, wants: 'free-name' | 'any'): unknown {
  if (!isDriveError(error, 'exists')) {
    return error;
  }
  return wants === 'free-name'
    ? new DriveError('precondition', error.message, { cause: error })
    : new DriveError('unavailable', error.message, { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error });
}

/** To OneDrive a change of times is a new version of the file, also when nothing differs (rclone docs, "versions"). */
export function changesTimes(item: DriveItem, { created, modified }: EntryTimes): boolean {
  const differs = (wanted: Date | undefined, now: Date) =>
    wanted !== undefined && Math.floor(wanted.getTime() / 1000) !== Math.floor(now.getTime() / 1000);
  return differs(created, item.created) || differs(modified, item.modified);
}
