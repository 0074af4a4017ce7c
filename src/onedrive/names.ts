import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath } from '../drive/path.ts';
import { NAMELESS } from '../graph/normalize.ts';

const FORBIDDEN_CHARACTERS = /["*:<>?\\|\u0000-\u001f]/;
const RESERVED = /^(\.lock|CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9]|desktop\.ini)$/i;
const MAX_NAME_CHARACTERS = 255;
/** Of the decoded path in the drive, file name included. */
const MAX_PATH_CHARACTERS = 400;

/**
 * Why nothing new can get this path, or undefined (support page "Restrictions and limitations in OneDrive and
 * SharePoint"; trailing dots as rclone and abraunegg found). It is about the last name: the folders above it are
 * there already.
 */
export function objectionTo(path: DrivePath): DriveError | undefined {
  if (isTooLong(path)) {
    return new DriveError('path-too-long', `OneDrive stores paths of fewer than ${MAX_PATH_CHARACTERS} characters`);
  }
  const name = baseName(path);
  const reason = impossibilityOf(name) ?? objectionToNew(name, path.length === 1);
  return reason === undefined ? undefined : new DriveError('bad-name', `OneDrive cannot store "${name}": ${reason}`);
}

/** Whether nothing can have this path, not even from times with other rules: looking for it needs no call. */
export function isImpossible(path: DrivePath): boolean {
  return isTooLong(path) || path.some(name => impossibilityOf(name) !== undefined);
}

/**
 * Whether something of this name can only be there from times with other rules (onedrive-api-docs 1488), or has a
 * name that we gave it: Graph may not find it by its path, but it is in the listing of its folder.
 */
export function isOdd(name: string, isInRoot: boolean): boolean {
  return objectionToNew(name, isInRoot) !== undefined || name.endsWith(NAMELESS);
}

function isTooLong(path: DrivePath): boolean {
  return path.join('/').length >= MAX_PATH_CHARACTERS;
}

function impossibilityOf(name: string): string | undefined {
  if (FORBIDDEN_CHARACTERS.test(name)) {
    return 'a name must not contain " * : < > ? \\ | or control characters';
  }
  return name.length > MAX_NAME_CHARACTERS
    ? `a name must not be longer than ${MAX_NAME_CHARACTERS} characters`
    : undefined;
}

function objectionToNew(name: string, isInRoot: boolean): string | undefined {
  if (/^ | $/.test(name)) {
    return 'a name must not begin or end with a space';
  }
  if (name.endsWith('.')) {
    return 'a name must not end with a dot';
  }
  return RESERVED.test(name) || name.startsWith('~$') || /_vti_/i.test(name) || (isInRoot && /^forms$/i.test(name))
    ? `"${name}" is a reserved name`
    : undefined;
}
