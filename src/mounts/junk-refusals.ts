import type { CallOptions, Drive } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, formatPath, parentPath } from '../drive/path.ts';
import { isDiskFull } from '../lib/disk-full.ts';

/** Throws `is-folder` when a file is requested but the entry is a folder. */
export function refuseFolder(path: DrivePath, entry: Entry | undefined): void {
  if (entry?.kind === 'folder') {
    throw new DriveError('is-folder', `cannot open ${formatPath(path)}: it is a folder`);
  }
}

/** Throws `forbidden` for a kept folder (`kind`) that would leave the side store. */
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

/** Returns the error for a file or folder of OneDrive that would get a kept name. */
export function keptName(to: DrivePath): DriveError {
  return new DriveError(
    'forbidden',
    `cannot give anything the name ${baseName(to)}: files with such names are kept outside of OneDrive and may be evicted; choose another name`,
  );
}

export function notFound(path: DrivePath): DriveError {
  return new DriveError('not-found', `cannot find ${formatPath(path)}`);
}

/** Returns undefined for a proven absence; rethrows every other error. */
export function asAbsence(error: unknown): undefined {
  if (!isDriveError(error, 'not-found')) {
    throw error;
  }
}

/** Returns `target`; throws `forbidden` when it is a folder that a file would replace. */
export function refuseOverFolder(to: DrivePath, target: Entry | undefined): Entry | undefined {
  if (target?.kind === 'folder') {
    throw new DriveError('forbidden', `cannot replace the folder ${formatPath(to)} by a file of this kind`);
  }
  return target;
}

/** Throws `no-parent` when the parent of `path` is not a folder. */
export async function requireParent(drive: Drive, path: DrivePath, { signal }: CallOptions): Promise<void> {
  const parent = await drive.stat(parentPath(path), { signal }).catch(asAbsence);
  if (parent?.kind !== 'folder') {
    throw new DriveError('no-parent', `cannot put anything at ${formatPath(path)}: its parent is not a folder`);
  }
}

/** Throws `read-only` where the user may only read. */
export function refuseReadOnly(drive: Drive, path: DrivePath): void {
  if (drive.access(path) !== 'write') {
    throw new DriveError('read-only', `cannot change ${formatPath(path)}: it is read-only for this user`);
  }
}

/** Awaits a follow-up of a completed change. A lack of room is ignored: an error would report the change as failed. */
export async function whereThereIsRoom(follow: Promise<void>): Promise<void> {
  try {
    await follow;
  } catch (error) {
    if (!isDriveError(error, 'quota') && !isDiskFull(error)) {
      throw error;
    }
  }
}
