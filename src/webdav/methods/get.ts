import type { ServerResponse } from 'node:http';
import { chooseDownload } from '../../downloads/choose.ts';
import { sendBody } from '../../downloads/proxy.ts';
import { sendRedirect } from '../../downloads/redirect.ts';
import type { ByteRange } from '../../drive/drive.ts';
import type { Entry } from '../../drive/entry.ts';
import { checkConditions } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseRange } from '../headers/range.ts';
import type { DavRequest } from '../request.ts';
import { sendEmpty, validatorsOf } from '../respond.ts';
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
    response.writeHead(200, { ...headersOf(entry), 'Content-Length': String(entry.size) }).end();
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

async function sendFile(
  request: DavRequest,
  response: ServerResponse,
  { entry, range }: { entry: Entry; range: ByteRange | undefined },
): Promise<void> {
  const { drive, path, signal, raw, services, conditions } = request;
  const dependsOnOurTags = conditions.ifMatch !== undefined || raw.headers['if-range'] !== undefined;
  const policy = services.downloadPolicyOf(path[0]!);
  const canRedirect = drive.downloadUrl !== undefined;
  if (chooseDownload({ policy, entry, dependsOnOurTags, canRedirect }) === 'redirect') {
    const download = await drive.downloadUrl!(path, { signal });
    if (download !== undefined) {
      sendRedirect(response, download.url);
      return;
    }
  }
  const { length, body } = await drive.read(path, { signal, range });
  const headers = { ...headersOf(entry), 'Content-Length': String(length) };
  const partial: Record<string, string> =
    range === undefined ? {} : { 'Content-Range': `bytes ${range.start}-${range.end}/${entry.size}` };
  await sendBody(response, { status: range === undefined ? 200 : 206, headers: { ...headers, ...partial } }, body);
}

/** Files are other people's; a browser must neither guess their type nor run what is in them in our origin. */
function headersOf(entry: Entry): Record<string, string> {
  return {
    ...validatorsOf(entry),
    'Accept-Ranges': 'bytes',
    'Content-Type': entry.contentType ?? 'application/octet-stream',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'Cache-Control': 'private, no-cache',
  };
}
