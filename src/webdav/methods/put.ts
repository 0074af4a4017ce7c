import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Expectation } from '../../drive/drive.ts';
import type { Entry } from '../../drive/entry.ts';
import { checkConditions, statOrNull } from '../check-conditions.ts';
import { isOwnPlaceholder } from '../client-quirks.ts';
import { refuseCodings } from '../content-codings.ts';
import { DavError } from '../errors.ts';
import { parseChecksums, verified } from '../headers/checksum.ts';
import { acceptedTimes, parseOcTimes } from '../headers/oc-times.ts';
import { holderOf } from '../locks/lock-guard.ts';
import { allowAt, offerAt } from '../method-table.ts';
import { expectationOf } from '../preconditions.ts';
import { awaitsLeave, type DavRequest, headerOf, refuseCollectionUrl } from '../request.ts';
import { sendEmpty, validatorsOf } from '../respond.ts';
import { storeFile } from '../store-file.ts';

/** PUT (RFC 9110 §9.3.4, RFC 4918 §9.7): 201 created, 204 replaced. It answers only after the drive has committed. */
export async function put(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, raw, services } = request;
  refusePart(raw);
  refuseCodings(raw);
  const length = lengthOf(raw, services.maxUploadBytes);
  const old = await statOrNull(drive, path, { signal, beforeWrite: true });
  if (old?.kind === 'folder') {
    throw new DavError(405, 'PUT cannot write to a collection', { headers: allowAt('folder', offerAt(request)) });
  }
  refuseCollectionUrl(path, request.endsWithSlash);
  const expect = await expectationFor(request, old);
  const times = parseOcTimes(raw.headers);
  const checksums = parseChecksums(raw.headers);
  const given = bodyOf(raw, response);
  const body = checksums.length === 0 ? given : verified(given, checksums);
  const { entry, created } = await storeFile(request, { body, old, expect, length, times });
  sendEmpty(response, created ? 201 : 204, { ...validatorsOf(entry), ...acceptedTimes(times, entry) });
}

/**
 * Refuses a part of a file: it must never be stored as the whole file. lftp 4.9 sends Range where other clients send
 * Content-Range.
 */
function refusePart({ headers }: IncomingMessage): void {
  if (headers['content-range'] !== undefined || headers.range !== undefined) {
    throw new DavError(400, 'PUT stores whole files only; send the file without a range (RFC 9110 §14.5)');
  }
}

/** Checks the conditions now. Returns the expectation that must still hold at the commit. Throws 412. */
async function expectationFor(request: DavRequest, old: Entry | null): Promise<Expectation | undefined> {
  const expect = expectationOf(request.conditions);
  if (expect?.kind === 'absent' && old !== null && (await isOwnPlaceholder(request, holderOf(request), old))) {
    return { kind: 'etag', etags: [old.etag] };
  }
  await checkConditions(request, old);
  return expect;
}

/** The announced length. Finder announces the length of a chunked body in a header of its own. Throws 400, 413. */
function lengthOf(raw: IncomingMessage, maxUploadBytes: number): number | undefined {
  const expected = headerOf(raw, 'x-expected-entity-length');
  const text = headerOf(raw, 'content-length') ?? expected;
  if (expected !== undefined && Number(expected) !== Number(text)) {
    throw new DavError(400, 'Content-Length and X-Expected-Entity-Length announce two lengths');
  }
  if (text === undefined) {
    return undefined;
  }
  const length = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(length)) {
    throw new DavError(400, 'the announced length is not a number');
  }
  if (length > maxUploadBytes) {
    throw new DavError(413, `a file must not be longer than ${maxUploadBytes} bytes`);
  }
  return length;
}

/**
 * The body. A client that waits for 100 Continue (RFC 9110 §10.1.1) gets it when the first byte is needed, not before.
 */
async function* bodyOf(raw: IncomingMessage, response: ServerResponse): AsyncGenerator<Uint8Array> {
  if (awaitsLeave(raw)) {
    response.writeContinue();
  }
  // When the reader stops early, the answer still needs the connection.
  yield* raw.iterator({ destroyOnReturn: false });
}
