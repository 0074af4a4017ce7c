import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath } from '../drive/path.ts';
import { NAMELESS } from '../graph/normalize.ts';

/** Graph shows an item with such a name under another one (`NAMELESS`). */
const IMPOSSIBLE_CHARACTERS = /[\\\u0000-\u001f]/;
/** What Windows forbids. Items of other times, or from a migration, have them all the same. */
const FORBIDDEN_CHARACTERS = /["*:<>?|]/;
const FORBIDDEN_TEXT = 'a name must not contain " * : < > ? \\ | or control characters';
const RESERVED = /^(\.lock|CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9]|desktop\.ini)$/i;
const MAX_NAME_CHARACTERS = 255;
/** The limit for the decoded path in the drive, including the file name. */
const MAX_PATH_CHARACTERS = 400;

/**
 * Returns why no new item can have this path, or undefined (support page "Restrictions and limitations in OneDrive and
 * SharePoint"; trailing dots as rclone and abraunegg found). Only the last name is checked: the folders above it exist
 * already.
 */
export function objectionTo(path: DrivePath): DriveError | undefined {
  if (isTooLong(path)) {
    return new DriveError('path-too-long', `OneDrive stores paths of fewer than ${MAX_PATH_CHARACTERS} characters`);
  }
  const name = baseName(path);
  const reason = impossibilityOf(name) ?? objectionToNew(name, path.length === 1);
  return reason === undefined ? undefined : new DriveError('bad-name', `OneDrive cannot store "${name}": ${reason}`);
}

/** Returns true when no item can have this path, not even one made under older rules: looking it up needs no call. */
export function isImpossible(path: DrivePath): boolean {
  return isTooLong(path) || path.some(name => impossibilityOf(name) !== undefined);
}

/**
 * Returns true when an item of this name was made under older rules (onedrive-api-docs 1488), or got its name from us:
 * Graph may not find it by its path, but it is in the listing of its folder.
 */
export function isOdd(name: string, isInRoot: boolean): boolean {
  return objectionToNew(name, isInRoot) !== undefined || name.endsWith(NAMELESS);
}

function isTooLong(path: DrivePath): boolean {
  return path.join('/').length >= MAX_PATH_CHARACTERS;
}

function impossibilityOf(name: string): string | undefined {
  if (IMPOSSIBLE_CHARACTERS.test(name)) {
    return FORBIDDEN_TEXT;
  }
  return name.length > MAX_NAME_CHARACTERS
    ? `a name must not be longer than ${MAX_NAME_CHARACTERS} characters`
    : undefined;
}

function objectionToNew(name: string, isInRoot: boolean): string | undefined {
  if (FORBIDDEN_CHARACTERS.test(name)) {
    return FORBIDDEN_TEXT;
  }
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
