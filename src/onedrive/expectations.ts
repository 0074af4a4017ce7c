import type { EntryTimes, Expectation } from '../drive/drive.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { type DrivePath, formatPath } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { toEntry } from './item.ts';
import { objectionTo } from './names.ts';

/** Returns the item. Throws `is-folder` for a folder, which has no content. */
export function refuseFolder(item: DriveItem | null, path: DrivePath): DriveItem | null {
  if (item?.kind === 'folder') {
    throw new DriveError('is-folder', `cannot write ${formatPath(path)}: it is a folder`);
  }
  return item;
}

/** Throws when nothing can be put at `path`, which is `full` from the drive's root. */
export function refuseUnwritable(path: DrivePath, full: DrivePath): void {
  if (path.length === 0) {
    throw new DriveError('is-folder', 'cannot write the root: it is a folder');
  }
  const objection = objectionTo(full);
  if (objection !== undefined) {
    throw objection;
  }
}

/** Throws `precondition` when the current item is not the one the caller expects. */
export function checkExpectation(item: DriveItem | null, expect: Expectation | undefined, path: DrivePath): void {
  const isMet =
    expect === undefined ||
    (expect.kind === 'absent' ? item === null : item !== null && expect.etags.includes(toEntry(item, false).etag));
  if (!isMet) {
    throw new DriveError('precondition', `cannot write ${formatPath(path)}: it is not the version that was expected`);
  }
}

/** Somebody else is writing to the same name; a moment later the result is visible. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Explains that somebody else has taken the name between our check and the commit. If the caller required a free name,
 * its condition has failed; if it wanted to replace any item, it can try again.
 */
export function explainClash(error: unknown, wants: 'free-name' | 'any'): unknown {
  if (!isDriveError(error, 'exists')) {
    return error;
  }
  return wants === 'free-name'
    ? new DriveError('precondition', error.message, { cause: error })
    : new DriveError('unavailable', error.message, { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error });
}

/**
 * Returns true when `times` differ from the item's. OneDrive makes a new version for every change of times, even when
 * nothing differs (rclone docs, "versions").
 */
export function changesTimes(item: DriveItem, { created, modified }: EntryTimes): boolean {
  const differs = (wanted: Date | undefined, now: Date) =>
    wanted !== undefined && Math.floor(wanted.getTime() / 1000) !== Math.floor(now.getTime() / 1000);
  return differs(created, item.created) || differs(modified, item.modified);
}
