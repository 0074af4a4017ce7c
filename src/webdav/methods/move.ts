import type { ServerResponse } from 'node:http';
import { foldName } from '../../drive/path.ts';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { parseOverwrite } from '../headers/overwrite.ts';
import { changing, endsLocksOf } from '../locks/lock-guard.ts';
import { copyProperties, findHolders, forgetProperties } from '../properties/dead-properties.ts';
import { type DavRequest, headerOf, refuseMountFolder } from '../request.ts';
import { answerTransfer, destinationOf, finishTransfer, targetChanges } from '../transfer.ts';
import { refuseBody } from '../unexpected-body.ts';

/** MOVE (RFC 4918 §9.9): 201 to a free name, 204 over an old entry. It always moves the whole tree. */
export async function move(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal } = request;
  await refuseBody(request.raw, request.services.maxXmlBytes);
  refuseMountFolder(path, 'move');
  const depth = parseDepth(headerOf(request.raw, 'depth')) ?? 'infinity';
  const overwrite = parseOverwrite(headerOf(request.raw, 'overwrite'));
  const to = destinationOf(request);
  if (hasConditions(request.conditions) || depth !== 'infinity') {
    const entry = await drive.stat(path, { signal });
    if (entry.kind === 'folder' && depth !== 'infinity') {
      throw new DavError(
        400,
        'MOVE of a collection includes all its members: Depth must be infinity (RFC 4918 §9.9.2)',
      );
    }
    await checkConditions(request, entry);
  }
  // Inside one mount an item keeps its id, and its properties with it.
  const staysInMount = foldName(path[0]!) === foldName(to[0]!);
  const holders = staysInMount ? [] : await findHolders(request, path, 'infinity');
  const ended = await endsLocksOf(request, path);
  const moveNow = async () => {
    let isCopied = false;
    const afterCopy = async () => {
      // The source still exists: if this fails, the client can try the move again.
      await copyProperties(request, holders, to);
      isCopied = true;
    };
    const { created } = await drive.move(path, to, { signal, overwrite, afterCopy });
    await ended();
    if (isCopied) {
      await forgetProperties(request.services.properties, holders);
    }
    return { created, accepted: await finishTransfer(request, to, isCopied || staysInMount ? undefined : holders) };
  };
  answerTransfer(response, await changing(request, [[path, 'gone'], ...targetChanges(to)], moveNow));
}
