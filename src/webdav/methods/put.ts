import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkConditions, statOrNull } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { expectationOf } from '../preconditions.ts';
import type { DavRequest } from '../request.ts';
import { sendEmpty, validatorsOf } from '../respond.ts';

/** PUT (RFC 9110 §9.3.4, RFC 4918 §9.7): 201 created, 204 replaced, and only after the drive has committed. */
export async function put(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, raw, conditions } = request;
  if (raw.headers['content-range'] !== undefined) {
    throw new DavError(400, 'a part of a file cannot be stored: PUT does not take Content-Range (RFC 9110 §14.5)');
  }
  const length = lengthOf(request);
  const old = await statOrNull(request, path);
  if (old?.kind === 'folder') {
    throw new DavError(405, 'a collection cannot be written', {
      headers: { Allow: 'OPTIONS, HEAD, PROPFIND, DELETE, COPY, MOVE' },
    });
  }
  await checkConditions(request, old);
  const expect = expectationOf(conditions);
  const { entry, created } = await drive.write(path, bodyOf(raw, response), { signal, length, expect });
  sendEmpty(response, created ? 201 : 204, validatorsOf(entry));
}

/** The announced length; Finder announces that of a chunked body in a header of its own. Throws 400, 413. */
function lengthOf({ raw, services }: DavRequest): number | undefined {
  const text = raw.headers['content-length'] ?? raw.headers['x-expected-entity-length'];
  if (text === undefined) {
    return undefined;
  }
  const length = /^\d+$/.test(String(text)) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(length)) {
    throw new DavError(400, 'the announced length is not a number');
  }
  if (length > services.maxUploadBytes) {
    throw new DavError(413, `a file must not be longer than ${services.maxUploadBytes} bytes`);
  }
  return length;
}

/** The body; a client that waits for 100 Continue (RFC 9110 §10.1.1) gets it when somebody wants the first byte, not before. */
async function* bodyOf(raw: IncomingMessage, response: ServerResponse): AsyncGenerator<Uint8Array> {
  if (/^100-continue$/i.test(raw.headers.expect ?? '')) {
    response.writeContinue();
  }
  // The connection is still needed for the answer when somebody stops reading.
  yield* raw.iterator({ destroyOnReturn: false });
}
