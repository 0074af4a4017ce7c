import { isDriveError } from '../drive/errors.ts';
import { DavError } from './errors.ts';
import type { DavCaller } from './request.ts';

/** One line of the access log must be enough: it says why a drive has failed. */
export function noteCause(error: unknown, { note }: Pick<DavCaller, 'note'>): void {
  if (isDriveError(error)) {
    note({ cause: error.code });
  } else if (!(error instanceof DavError)) {
    note({ cause: 'bug' });
  }
}
