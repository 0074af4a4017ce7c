import type { CallGraph } from './client.ts';
import type { CallContent } from './content-hosts.ts';
import { GraphError } from './errors.ts';
import { type ConflictBehavior, type ItemTimes, renderTimes } from './items.ts';
import { type DriveItem, normalizeItem } from './normalize.ts';
import { parseJson } from './receive.ts';
import type { ByteSource } from './transport.ts';
import type { WireItem, WireUploadSession } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

/** Fragments but the last must be a multiple of this (Graph docs, "Upload large files with an upload session"). */
export const FRAGMENT_UNIT_BYTES = 320 * 1024;
/** A fragment must be shorter than 60 MiB (the same page). */
export const MAX_FRAGMENT_BYTES = 191 * FRAGMENT_UNIT_BYTES;

export interface Fragment {
  /** The offset of `bytes` in the file. */
  readonly start: number;
  readonly bytes: ByteSource;
  /** The size of the whole file. */
  readonly total: number;
}

/** The result of an accepted fragment: the finished file, or the next offset. */
export type FragmentOutcome = { readonly item: DriveItem | undefined } | { readonly nextStart: number };

export interface NewSession {
  readonly conflict: ConflictBehavior;
  readonly times?: ItemTimes | undefined;
  /** True: the last byte does not make the file; `commitUploadSession` does. Only OneDrive for Business can. */
  readonly defersCommit?: boolean;
}

export interface CreatedSession {
  /** A secret. */
  readonly url: string;
  /** When the session ends, unless a fragment comes. Undefined when Graph does not say. */
  readonly expires: Date | undefined;
}

/** Opens a session. `place` ends in the file's name (Graph docs, "createUploadSession"). */
export async function createUploadSession(
  call: CallGraph,
  place: ItemPlace,
  { conflict, times, defersCommit = false }: NewSession,
  signal: AbortSignal,
): Promise<CreatedSession> {
  const item = {
    '@microsoft.graph.conflictBehavior': conflict,
    ...(times === undefined ? {} : { fileSystemInfo: renderTimes(times) }),
  };
  const { json } = await call({
    method: 'POST',
    path: itemPath(place, 'createUploadSession'),
    body: { item, ...(defersCommit ? { deferCommit: true } : {}) },
    success: [200],
    isKnown: true,
    // While another session for the name is open, this is 409 whatever the conflict behaviour (onedrive-api-docs 747,
    // 989, 1098).
    isReplacing: conflict === 'replace',
    signal,
  });
  const { uploadUrl: url, expirationDateTime } = (json ?? {}) as Partial<WireUploadSession>;
  if (typeof url !== 'string') {
    throw new GraphError('protocol', 'Graph returned an upload session without its URL');
  }
  return { url, expires: readEnd(expirationDateTime) };
}

/** Sends one fragment. `item` is the finished file, or undefined when Graph left the body out. */
export async function putFragment(
  send: CallContent,
  url: string,
  { start, bytes, total }: Fragment,
  signal: AbortSignal,
): Promise<FragmentOutcome> {
  const headers = {
    'content-range': `bytes ${start}-${start + bytes.length - 1}/${total}`,
    'content-length': String(bytes.length),
  };
  const answer = await send({ method: 'PUT', url, headers, body: bytes, success: [200, 201, 202], signal });
  const json = parseJson(answer);
  if (answer.status === 202) {
    return { nextStart: readNextStart(json, total) };
  }
  return { item: json === undefined ? undefined : normalizeItem(json as WireItem) };
}

/**
 * Makes the file of a session with a deferred commit (Graph docs, "createUploadSession", "Completing a file"): a POST
 * without a body. Returns the file, or undefined when Graph left the body out.
 */
export async function commitUploadSession(
  send: CallContent,
  url: string,
  signal: AbortSignal,
): Promise<DriveItem | undefined> {
  const json = parseJson(
    await send({ method: 'POST', url, headers: { 'content-length': '0' }, success: [200, 201], signal }),
  );
  return json === undefined ? undefined : normalizeItem(json as WireItem);
}

/** What a session has, and until when. */
export interface SessionStatus {
  /** As Graph writes them; empty when nothing is missing. */
  readonly nextExpectedRanges: readonly string[];
  readonly expires: Date | undefined;
}

export async function getSessionStatus(send: CallContent, url: string, signal: AbortSignal): Promise<SessionStatus> {
  const json = parseJson(await send({ method: 'GET', url, success: [200], signal }));
  const { nextExpectedRanges: ranges, expirationDateTime } = (json ?? {}) as Partial<WireUploadSession>;
  if (!Array.isArray(ranges) || !ranges.every(range => typeof range === 'string')) {
    throw new GraphError('protocol', 'the upload host did not state the bytes that are missing');
  }
  return { nextExpectedRanges: ranges, expires: readEnd(expirationDateTime) };
}

function readEnd(text: unknown): Date | undefined {
  const date = new Date(typeof text === 'string' ? text : Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Returns the offset of the next byte that the session expects. */
export async function getNextStart(
  send: CallContent,
  url: string,
  total: number,
  signal: AbortSignal,
): Promise<number> {
  return readNextStart(parseJson(await send({ method: 'GET', url, success: [200], signal })), total);
}

/** Cancels a session and drops its bytes. */
export async function cancelUploadSession(send: CallContent, url: string, signal: AbortSignal): Promise<void> {
  await send({ method: 'DELETE', url, success: [204], signal });
}

/**
 * Returns the next offset. The list may be incomplete; its first range counts. An empty list means that nothing is
 * missing.
 */
function readNextStart(json: unknown, total: number): number {
  const ranges = (json as WireUploadSession | undefined)?.nextExpectedRanges;
  if (!Array.isArray(ranges)) {
    throw new GraphError('protocol', 'the upload host did not state the next expected byte');
  }
  const first: unknown = ranges[0];
  if (first === undefined) {
    return total;
  }
  const start = /^\d+/.exec(String(first))?.[0];
  if (start === undefined) {
    throw new GraphError('protocol', 'Graph returned unreadable ranges for a fragment');
  }
  return Number(start);
}
