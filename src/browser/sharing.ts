import { type Sharing, SharingError } from '../shares/sharing.ts';
import { BrowserError } from './errors.ts';
import type { BrowserRequest } from './request.ts';

const STATUS_OF: Readonly<Record<SharingError['kind'], number>> = {
  'bad-request': 400,
  forbidden: 403,
  'not-found': 404,
  'too-many': 409,
};

/** Uses what the user may do with shares. Throws 403 where nothing can be shared, and the refusals of sharing. */
export async function withSharing<T>(
  { sharing }: Pick<BrowserRequest, 'sharing'>,
  use: (sharing: Sharing) => Promise<T>,
): Promise<T> {
  if (sharing === undefined) {
    throw new BrowserError(403, 'forbidden', 'nothing can be shared here');
  }
  try {
    return await use(sharing);
  } catch (error) {
    throw error instanceof SharingError ? new BrowserError(STATUS_OF[error.kind], error.kind, error.message) : error;
  }
}
