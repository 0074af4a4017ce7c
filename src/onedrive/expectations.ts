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

/** Somebody else has taken the name between our look and the commit. */
export function clashAsPrecondition(error: unknown, expect: Expectation | undefined): unknown {
  return expect?.kind === 'absent' && isDriveError(error, 'exists')
    ? new DriveError('precondition', error.message, { cause: error })
    : error;
}

/** To OneDrive a change of times is a new version of the file, also when nothing differs (rclone docs, "versions"). */
export function changesTimes(item: DriveItem, { created, modified }: EntryTimes): boolean {
  const differs = (wanted: Date | undefined, now: Date) =>
    wanted !== undefined && Math.floor(wanted.getTime() / 1000) !== Math.floor(now.getTime() / 1000);
  return differs(created, item.created) || differs(modified, item.modified);
}
