import { DriveError } from '../drive/errors.ts';
import type { DrivePath } from '../drive/path.ts';

const FORBIDDEN_CHARACTERS = /["*:<>?\\|\u0000-\u001f]/;
const RESERVED = /^(\.lock|CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9]|desktop\.ini)$/i;
const MAX_NAME_CHARACTERS = 255;
/** Of the decoded path in the drive, file name included. */
const MAX_PATH_CHARACTERS = 400;

/**
 * Why OneDrive cannot hold an entry of this path, or undefined (support page "Restrictions and limitations in OneDrive and
 * SharePoint"; trailing dots as rclone and abraunegg found). Such an entry cannot exist, so looking for it needs no call.
 */
export function objectionTo(path: DrivePath): DriveError | undefined {
  if (path.join('/').length >= MAX_PATH_CHARACTERS) {
    return new DriveError('path-too-long', `OneDrive stores paths of fewer than ${MAX_PATH_CHARACTERS} characters`);
  }
  for (const [depth, name] of path.entries()) {
    const reason = objectionToName(name, depth === 0);
    if (reason !== undefined) {
      return new DriveError('bad-name', `OneDrive cannot store "${name}": ${reason}`);
    }
  }
  return undefined;
}

function objectionToName(name: string, isInRoot: boolean): string | undefined {
  if (FORBIDDEN_CHARACTERS.test(name)) {
    return 'a name must not contain " * : < > ? \\ | or control characters';
  }
  if (/^ | $/.test(name)) {
    return 'a name must not begin or end with a space';
  }
  if (name.endsWith('.')) {
    return 'a name must not end with a dot';
  }
  if (RESERVED.test(name) || name.startsWith('~$') || /_vti_/i.test(name) || (isInRoot && /^forms$/i.test(name))) {
    return `"${name}" is a reserved name`;
  }
  return name.length > MAX_NAME_CHARACTERS
    ? `a name must not be longer than ${MAX_NAME_CHARACTERS} characters`
    : undefined;
}
