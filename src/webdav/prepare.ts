import type { DrivePath } from '../drive/path.ts';
import { DavError } from './errors.ts';
import type { DavRequest } from './request.ts';
import { destinationOf } from './transfer.ts';

/**
 * The methods that change or lock something, and the fewest names that their path must have. A shorter path is refused,
 * because it is the folder of a mount or the root.
 */
const CHANGES: Readonly<Record<string, number>> = {
  PUT: 2,
  MKCOL: 2,
  DELETE: 2,
  MOVE: 2,
  COPY: 1,
  PROPPATCH: 1,
  LOCK: 1,
  UNLOCK: 1,
};

/**
 * Opens the drives in which a request is about to change something, at both ends of a COPY or MOVE. Until its drive is
 * open, a place has another name than the one that its locks and properties are stored under. Throws the failure that
 * keeps a drive from opening.
 */
export async function prepareDrives(request: DavRequest): Promise<void> {
  const { drive, method, path, signal } = request;
  const least = CHANGES[method];
  if (least === undefined) {
    return;
  }
  if (path.length >= least) {
    await drive.prepare(path, { signal });
  }
  const to = method === 'COPY' || method === 'MOVE' ? destinationIfGood(request) : undefined;
  if (to !== undefined) {
    await drive.prepare(to, { signal });
  }
}

/** The method itself answers a bad Destination. */
function destinationIfGood(request: Parameters<typeof destinationOf>[0]): DrivePath | undefined {
  try {
    return destinationOf(request);
  } catch (error) {
    if (error instanceof DavError) {
      return undefined;
    }
    throw error;
  }
}
