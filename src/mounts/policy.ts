import { DriveError } from '../drive/errors.ts';
import { type DrivePath, formatPath } from '../drive/path.ts';

export type Operation = 'read' | 'write';

/** What limits a user in one mount. */
export interface Grant {
  readonly access: 'read' | 'write';
  /** The mount is read-only for everybody. */
  readonly readOnly: boolean;
}

/** Allows the operation, or throws `forbidden` (403) and says whose decision it was. */
export function checkPolicy(operation: Operation, path: DrivePath, { access, readOnly }: Grant): void {
  if (operation === 'read') {
    return;
  }
  if (readOnly) {
    throw new DriveError('forbidden', `cannot change ${formatPath(path)}: this mount is read-only`);
  }
  if (access === 'read') {
    throw new DriveError('forbidden', `cannot change ${formatPath(path)}: this user may only read`);
  }
}

/** The same question without an answer for people. */
export function mayWrite({ access, readOnly }: Grant): boolean {
  return access === 'write' && !readOnly;
}
