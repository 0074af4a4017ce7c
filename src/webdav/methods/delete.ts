import type { ServerResponse } from 'node:http';
import type { Entry } from '../../drive/entry.ts';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { changing, endsLocksOf } from '../locks/lock-guard.ts';
import { type DavRequest, headerOf, keyOf, refuseMountFolder, scopeOf } from '../request.ts';
import { sendEmpty } from '../respond.ts';
import { refuseBody } from '../unexpected-body.ts';

/** DELETE (RFC 4918 §9.6): 204. It removes a collection with all its members, so only Depth infinity makes sense. */
export async function del(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, services } = request;
  await refuseBody(request.raw, request.services.maxXmlBytes);
  refuseMountFolder(path, 'delete');
  const entry = await lookIfNeeded(request);
  const ended = await endsLocksOf(request, path);
  await changing(request, [[path, 'gone']], async () => {
    await drive.remove(path, { signal });
    await ended();
  });
  if (entry !== undefined) {
    const { scope, itemId } = keyOf(drive, path, entry);
    await services.properties.delete(scope, itemId);
  }
  sendEmpty(response, 204);
}

/**
 * The entry, when something depends on it: conditions, a Depth that only files may have, or properties to delete with
 * it.
 */
async function lookIfNeeded(request: DavRequest): Promise<Entry | undefined> {
  const { drive, path, signal, services } = request;
  const depth = parseDepth(headerOf(request.raw, 'depth')) ?? 'infinity';
  const hasProperties = await services.properties.isUsed(scopeOf(drive, path));
  if (!hasConditions(request.conditions) && depth === 'infinity' && !hasProperties) {
    return undefined;
  }
  const entry = await drive.stat(path, { signal });
  if (entry.kind === 'folder' && depth !== 'infinity') {
    throw new DavError(
      400,
      'DELETE of a collection includes all its members: Depth must be infinity (RFC 4918 §9.6.1)',
    );
  }
  await checkConditions(request, entry);
  return entry;
}
