import type { ServerResponse } from 'node:http';
import type { ByteRange } from '../../drive/drive.ts';
import type { Entry } from '../../drive/entry.ts';
import { checkConditions } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseRange } from '../headers/range.ts';
import type { DavRequest } from '../request.ts';
import { sendEmpty, validatorsOf } from '../respond.ts';
import { fileHeaders, sendFile } from '../send-file.ts';
import { answerFolder } from './get-folder.ts';

/** GET and HEAD (RFC 9110 §9.3.1, §9.3.2, §14; RFC 4918 §9.4). Of a file; for a collection see get-folder.ts. */
export async function get(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, method } = request;
  const entry = await drive.stat(path, { signal });
  if (entry.kind === 'folder') {
    await answerFolder(request, response, entry);
    return;
  }
  if ((await checkConditions(request, entry, true)) === 304) {
    sendEmpty(response, 304, validatorsOf(entry));
    return;
  }
  const range = rangeOf(request, entry);
  if (range === 'unsatisfiable') {
    throw new DavError(416, `the file has ${entry.size} bytes`, {
      headers: { 'Content-Range': `bytes */${entry.size}` },
    });
  }
  if (method === 'HEAD' || entry.size === 0) {
    response.writeHead(200, { ...fileHeaders(entry), 'Content-Length': String(entry.size) }).end();
    return;
  }
  await sendFile(request, response, { entry, range });
}

/** RFC 9110 §13.1.5: a range counts only if If-Range, where there is one, names the version that we have. */
function rangeOf({ raw, method }: DavRequest, entry: Entry): ByteRange | 'unsatisfiable' | undefined {
  const ifRange = raw.headers['if-range'];
  if (method === 'HEAD' || (typeof ifRange === 'string' && !isSameVersion(ifRange.trim(), entry))) {
    return undefined;
  }
  return parseRange(raw.headers.range, entry.size);
}

function isSameVersion(ifRange: string, entry: Entry): boolean {
  return ifRange.endsWith('"') ? ifRange === `"${entry.etag}"` : Date.parse(ifRange) === entry.modified.getTime();
}
