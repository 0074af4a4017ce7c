import type { DrivePath } from '../drive/path.ts';
import { DavError } from './errors.ts';
import type { DavRequest } from './request.ts';
import { destinationOf } from './transfer.ts';

/** Methods that change or lock something: how many names their path has at least, where it is not refused for being the folder of a mount. */
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
 * Has the drives opened that a request is about to change something in, at both ends of a COPY or MOVE. Before that a place has another name
 * than the one under which others may have locked it, or given it properties. Throws what keeps a drive from being opened.
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

/** What is wrong with a Destination is for the method to say. */
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
