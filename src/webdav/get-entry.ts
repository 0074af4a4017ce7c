import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByteRange } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { isDriveError } from '../drive/errors.ts';
import { discardBody } from '../lib/discard-body.ts';
import { EMPTY_QUICK_XOR_HASH } from '../lib/quick-xor-hash.ts';
import { checkConditions } from './check-conditions.ts';
import { DavError } from './errors.ts';
import { parseHttpDate } from './headers/dates.ts';
import { isTagOf } from './headers/entity-tags.ts';
import { firstByteOf, parseRange, parseRanges } from './headers/range.ts';
import { languageOf } from './properties/dead-properties.ts';
import { unchangedProperties } from './properties/property-source.ts';
import { type DavRequest, keyOf } from './request.ts';
import { sendEmpty, validatorsOf } from './respond.ts';
import { FILE_CACHE_CONTROL, fileHeaders, isSameVersion, sendFile } from './send-file.ts';

/** A file that changes each time that it is opened is being written continuously. */
const MAX_VERSIONS = 4;
const RETRY_AFTER_SECONDS = 5;

/** What differs between those who send an entry. */
export interface EntryAnswers {
  /** Answers where there is a folder. */
  readonly folder: (request: DavRequest, response: ServerResponse, entry: Entry) => Promise<void>;
  /** Throws for a file that is not to be sent. */
  readonly checkFile?: (entry: Entry) => void;
}

/**
 * Answers GET and HEAD (RFC 9110 §9.3.1, §9.3.2, §14; RFC 4918 §9.4) of the request's path. The entry may change between
 * the look and the opening. Then everything is decided anew by the new entry.
 */
export async function getEntry(request: DavRequest, response: ServerResponse, answers: EntryAnswers): Promise<void> {
  const { drive, path, signal, keeping } = request;
  let entry = await drive.stat(path, { signal, basis: keeping?.look() });
  if (request.conditions.ifLists !== undefined) {
    keeping?.add(undefined);
  }
  for (let version = 1; version <= MAX_VERSIONS; version += 1) {
    const instead = await answer(request, response, { entry, ...answers }).catch(error =>
      entryBehind(request, entry, error),
    );
    if (instead === undefined) {
      return;
    }
    keeping?.add(undefined);
    entry = instead;
  }
  throw new DavError(503, 'the file keeps changing; try again later', {
    headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
  });
}

/** Answers by `entry`. Returns the entry that has taken its place, if there is one. */
async function answer(
  request: DavRequest,
  response: ServerResponse,
  { entry, folder, checkFile }: EntryAnswers & { readonly entry: Entry },
): Promise<Entry | undefined> {
  if (entry.kind === 'folder') {
    await folder(request, response, entry);
    return undefined;
  }
  checkFile?.(entry);
  if ((await checkConditions(request, entry, true)) === 304) {
    // RFC 9110 §15.4.5: a 304 has the Cache-Control that a 200 would have.
    const headers = { ...validatorsOf(entry), 'Cache-Control': FILE_CACHE_CONTROL };
    request.keeping?.keep(response, { status: 304, headers });
    sendEmpty(response, 304, headers);
    return undefined;
  }
  const ranges = rangesOf(request.raw, entry);
  if (ranges === 'unknown' || ranges?.length === 0) {
    return entryWithRange(request, entry);
  }
  if (request.method === 'HEAD' || isEmpty(entry)) {
    await sendHead(request, response, entry);
    return undefined;
  }
  return sendFile(request, response, { entry, ranges: ranges ?? [] });
}

/** Sends the headers alone. */
async function sendHead(
  { drive, path, services, keeping }: DavRequest,
  response: ServerResponse,
  entry: Entry,
): Promise<void> {
  const key = keyOf(drive, path, entry);
  keeping?.add(unchangedProperties(services.properties, key.scope));
  const language = await languageOf(services.properties, key);
  const length: Record<string, string> = entry.size === undefined ? {} : { 'Content-Length': String(entry.size) };
  const headers = { ...fileHeaders(entry), ...language, ...length };
  keeping?.keep(response, { status: 200, headers });
  response.writeHead(200, headers).end();
}

/**
 * True when the hash proves that the file is empty. A size of 0 proves nothing: SharePoint reports it for some files
 * that have bytes.
 */
function isEmpty({ size, quickXorHash }: Entry): boolean {
  return size === 0 && quickXorHash === EMPTY_QUICK_XOR_HASH;
}

/**
 * The entry with its true size, which may satisfy a range that the old size does not. Throws 416 when the size is the
 * same.
 */
async function entryWithRange(
  { drive, path, signal, raw }: Pick<DavRequest, 'drive' | 'path' | 'signal' | 'raw'>,
  entry: Entry,
): Promise<Entry> {
  const start = entry.size === undefined ? 0 : firstByteOf(raw.headers.range);
  const now = await drive.read(path, { signal, range: { start, end: start } }).then(
    async read => {
      await discardBody(read.body);
      return read.entry;
    },
    async (error: unknown) => {
      if (!isDriveError(error, 'range')) {
        throw error;
      }
      return drive.stat(path, { signal });
    },
  );
  if (isSameVersion(now, entry)) {
    throw new DavError(416, `the file has ${now.size} bytes`, { headers: { 'Content-Range': `bytes */${now.size}` } });
  }
  return now;
}

/**
 * The entry that explains why the file could not be opened: it is a folder now, or too short. Throws `error` when
 * nothing has changed.
 */
async function entryBehind(
  { drive, path, signal }: Pick<DavRequest, 'drive' | 'path' | 'signal'>,
  entry: Entry,
  error: unknown,
): Promise<Entry> {
  if (!isDriveError(error, 'is-folder', 'range')) {
    throw error;
  }
  const now = await drive.stat(path, { signal });
  if (isSameVersion(now, entry)) {
    throw error;
  }
  return now;
}

/**
 * The ranges to send (RFC 9110 §13.1.5); none can be sent where the list is empty. If-Range, if present, must name the
 * version that we have; otherwise the ranges are ignored.
 */
function rangesOf({ headers, method }: IncomingMessage, entry: Entry): readonly ByteRange[] | 'unknown' | undefined {
  const ifRange = headers['if-range'];
  if (method === 'HEAD' || (typeof ifRange === 'string' && !namesVersion(ifRange.trim(), entry))) {
    return undefined;
  }
  if (entry.size === undefined) {
    return parseRange(headers.range, Number.MAX_SAFE_INTEGER) === undefined ? undefined : 'unknown';
  }
  return parseRanges(headers.range, entry.size);
}

function namesVersion(ifRange: string, entry: Entry): boolean {
  const tag = /^"([^"]*)"$/.exec(ifRange)?.[1];
  return tag === undefined ? parseHttpDate(ifRange)?.getTime() === entry.modified.getTime() : isTagOf(tag, entry.etag);
}
