import { DriveError } from '../drive/errors.ts';
import { type DrivePath, formatPath } from '../drive/path.ts';
import type { Access } from './rights.ts';

export type Operation = 'read' | 'write';

/** A user's limits in one mount. */
export interface Grant {
  readonly access: Access;
  /** True when the mount is read-only for everybody. */
  readonly readOnly: boolean;
}

/** Throws `read-only` (403), stating the reason, when the operation is not allowed. */
export function checkPolicy(operation: Operation, path: DrivePath, { access, readOnly }: Grant): void {
  if (operation === 'read') {
    return;
  }
  if (readOnly) {
    throw new DriveError('read-only', `cannot change ${formatPath(path)}: this mount is read-only`);
  }
  if (access === 'read') {
    throw new DriveError('read-only', `cannot change ${formatPath(path)}: this user may only read`);
  }
}

/** Returns true when writing is allowed. */
export function mayWrite({ access, readOnly }: Grant): boolean {
  return access === 'write' && !readOnly;
}
