import type { Entry } from '../drive/entry.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { type DrivePath, formatPath } from '../drive/path.ts';

/** Throws `is-folder` when there is a folder where a file is asked for. */
export function refuseFolder(path: DrivePath, entry: Entry | undefined): void {
  if (entry?.kind === 'folder') {
    throw new DriveError('is-folder', `cannot open ${formatPath(path)}: it is a folder`);
  }
}

/** Throws `forbidden` for a kept folder (`kind`) that would go where nothing is kept. */
export function refuseKeptFolderElsewhere(from: DrivePath, to: DrivePath, kind: Entry['kind']): void {
  if (kind === 'folder') {
    throw new DriveError(
      'forbidden',
      `cannot put ${formatPath(from)} at ${formatPath(to)}: it is kept outside of OneDrive`,
    );
  }
}

/** Throws `forbidden` when `target` lies below `place`; the paths are for the message. */
export function refuseInside(
  from: DrivePath,
  to: DrivePath,
  place: readonly string[],
  target: readonly string[],
): void {
  const isInside = target.length > place.length && place.every((name, index) => name === target[index]);
  if (isInside) {
    throw new DriveError('forbidden', `cannot put ${formatPath(from)} into itself, at ${formatPath(to)}`);
  }
}

export function notFound(path: DrivePath): DriveError {
  return new DriveError('not-found', `cannot find ${formatPath(path)}`);
}

/** Undefined for an entry that is proven absent; every other failure stays one. */
export function asAbsence(error: unknown): undefined {
  if (!isDriveError(error, 'not-found')) {
    throw error;
  }
}
