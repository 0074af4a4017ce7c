import { type DrivePath, toDrivePath } from '../drive/path.ts';
import { parseDestination } from './headers/destination.ts';
import { type DavRequest, ourHosts, refuseMountFolder } from './request.ts';

/** Where COPY and MOVE put things. Throws 400, 403 for the folder of a mount, 502 for another server. */
export function destinationOf(request: DavRequest): DrivePath {
  const header = request.raw.headers.destination;
  const names = parseDestination(typeof header === 'string' ? header : undefined, ourHosts(request));
  const path = toDrivePath(names);
  refuseMountFolder(path, 'replace');
  return path;
}
