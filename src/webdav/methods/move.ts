import type { ServerResponse } from 'node:http';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { findHolders, isAnotherDrive } from '../dead-properties.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { parseOverwrite } from '../headers/overwrite.ts';
import { changing, endsLocksOf } from '../lock-guard.ts';
import { type DavRequest, headerOf, refuseMountFolder } from '../request.ts';
import { answerTransfer, destinationOf, finishTransfer, targetChanges } from '../transfer.ts';

/** MOVE (RFC 4918 §9.9): 201 to a free name, 204 over an old entry. Always the whole tree. */
export async function move(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal } = request;
  refuseMountFolder(path, 'move');
  const depth = parseDepth(headerOf(request, 'depth')) ?? 'infinity';
  const overwrite = parseOverwrite(headerOf(request, 'overwrite'));
  const to = destinationOf(request);
  if (hasConditions(request) || depth !== 'infinity') {
    const entry = await drive.stat(path, { signal });
    if (entry.kind === 'folder' && depth !== 'infinity') {
      throw new DavError(400, 'MOVE of a collection is for all of it: Depth must be infinity (RFC 4918 §9.9.2)');
    }
    await checkConditions(request, entry);
  }
  // Inside one drive an item keeps its id, and with it its properties.
  const staysInDrive = !isAnotherDrive(request, path, to);
  const holders = staysInDrive ? [] : await findHolders(request, path, 'infinity');
  const ended = endsLocksOf(request, path);
  const moveNow = async () => {
    const result = await drive.move(path, to, { signal, overwrite });
    ended();
    await finishTransfer(request, to, staysInDrive ? undefined : holders);
    return result;
  };
  const { created } = await changing(request, [[path, 'gone'], ...targetChanges(to)], moveNow);
  answerTransfer(request, response, created);
}
