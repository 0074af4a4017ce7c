import type { ServerResponse } from 'node:http';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { type DavRequest, refuseMountFolder } from '../request.ts';
import { sendEmpty } from '../respond.ts';

/** DELETE (RFC 4918 §9.6): 204. A collection goes with all its members, so no other Depth than infinity makes sense. */
export async function del(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, raw } = request;
  refuseMountFolder(path, 'delete');
  const depth = parseDepth(raw.headers.depth as string | undefined);
  if (hasConditions(request) || (depth !== undefined && depth !== 'infinity')) {
    const entry = await drive.stat(path, { signal });
    if (entry.kind === 'folder' && depth !== undefined && depth !== 'infinity') {
      throw new DavError(400, 'DELETE of a collection is for all of it: Depth must be infinity (RFC 4918 §9.6.1)');
    }
    await checkConditions(request, entry);
  }
  await drive.remove(path, { signal });
  sendEmpty(response, 204);
}
