import type { ServerResponse } from 'node:http';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { parseOverwrite } from '../headers/overwrite.ts';
import { changing } from '../locks/lock-guard.ts';
import { findHolders } from '../properties/dead-properties.ts';
import { type DavRequest, headerOf } from '../request.ts';
import { answerTransfer, destinationOf, finishTransfer, targetChanges } from '../transfer.ts';
import { refuseBody } from '../unexpected-body.ts';

/** COPY (RFC 4918 §9.8): 201 to a free name, 204 over an old entry, which the copy replaces and does not merge with. */
export async function copy(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal } = request;
  await refuseBody(request.raw, request.services.maxXmlBytes);
  if (path.length === 0) {
    throw new DavError(403, 'cannot copy the root');
  }
  const depth = parseDepth(headerOf(request.raw, 'depth')) ?? 'infinity';
  if (depth === 1) {
    throw new DavError(400, 'COPY takes Depth 0 or infinity (RFC 4918 §9.8.3)');
  }
  const overwrite = parseOverwrite(headerOf(request.raw, 'overwrite'));
  const to = destinationOf(request);
  if (hasConditions(request.conditions)) {
    await checkConditions(request, await drive.stat(path, { signal }));
  }
  const holders = await findHolders(request, path, depth);
  const copyNow = async () => {
    const { created } = await drive.copy(path, to, { signal, overwrite, depth });
    return { created, accepted: await finishTransfer(request, to, holders) };
  };
  answerTransfer(response, await changing(request, targetChanges(to), copyNow));
}
