import type { ServerResponse } from 'node:http';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { parseOverwrite } from '../headers/overwrite.ts';
import { type DavRequest, refuseMountFolder } from '../request.ts';
import { sendEmpty } from '../respond.ts';
import { destinationOf } from '../transfer-target.ts';

/** MOVE (RFC 4918 §9.9): 201 to a free name, 204 over an old entry. Always the whole tree. */
export async function move(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, raw } = request;
  refuseMountFolder(path, 'move');
  const depth = parseDepth(raw.headers.depth as string | undefined) ?? 'infinity';
  const overwrite = parseOverwrite(raw.headers.overwrite as string | undefined);
  const to = destinationOf(request);
  if (hasConditions(request) || depth !== 'infinity') {
    const entry = await drive.stat(path, { signal });
    if (entry.kind === 'folder' && depth !== 'infinity') {
      throw new DavError(400, 'MOVE of a collection is for all of it: Depth must be infinity (RFC 4918 §9.9.2)');
    }
    await checkConditions(request, entry);
  }
  const { created } = await drive.move(path, to, { signal, overwrite });
  sendEmpty(response, created ? 201 : 204);
}
