import type { ServerResponse } from 'node:http';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { parseOverwrite } from '../headers/overwrite.ts';
import type { DavRequest } from '../request.ts';
import { sendEmpty } from '../respond.ts';
import { destinationOf } from '../transfer-target.ts';

/** COPY (RFC 4918 §9.8): 201 to a free name, 204 over an old entry, which is replaced and not merged. */
export async function copy(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, raw } = request;
  if (path.length === 0) {
    throw new DavError(403, 'cannot copy the root');
  }
  const depth = parseDepth(raw.headers.depth as string | undefined) ?? 'infinity';
  if (depth === 1) {
    throw new DavError(400, 'COPY takes Depth 0 or infinity (RFC 4918 §9.8.3)');
  }
  const overwrite = parseOverwrite(raw.headers.overwrite as string | undefined);
  const to = destinationOf(request);
  if (hasConditions(request)) {
    await checkConditions(request, await drive.stat(path, { signal }));
  }
  const { created } = await drive.copy(path, to, { signal, overwrite, depth });
  sendEmpty(response, created ? 201 : 204);
}
