import type { ByteRange } from '../drive/drive.ts';
import { DriveError } from '../drive/errors.ts';
import { type GraphError, isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { HttpAnswer } from '../graph/transport.ts';
import { askForContent, discard, isSameTag } from './content-host.ts';

/** A file and the URL that serves its bytes. */
export interface FileAddress {
  readonly item: DriveItem;
  readonly url: string;
}

export interface VersionRequest {
  /** The file as it was seen last; undefined when no URL of it is known. */
  readonly known: FileAddress | undefined;
  /** Looks at the file as it is now, with a new URL. Throws when there is none. */
  readonly look: () => Promise<FileAddress>;
  readonly range: ByteRange | undefined;
  readonly signal: AbortSignal;
  /** Called when the host has a tag of its own for a version that Graph calls by another. */
  readonly foreignTag: () => void;
}

/** An answer of the content host and the version of the file that it holds. */
export interface OpenVersion {
  readonly item: DriveItem;
  readonly answer: HttpAnswer;
}

/** What a URL that has expired or was revoked answers. */
const STALE_STATUSES = [401, 403, 404];
/** Of another version than the item's, the range may lie outside. */
const UNSATISFIABLE = 416;
/** A file that is another one after so many looks is being written all the time. */
const MAX_LOOKS = 3;
const RETRY_AFTER_SECONDS = 5;

/**
 * Opens a file on the content host and finds out which version has come: whoever has a URL gets what is there now, and what we know of the
 * file may be older. The host's tag tells (it is the item's eTag: onedrive-api-docs issue 133). When it is another than we know, or when
 * the URL has become stale, the file is looked at again.
 */
export async function openVersion(graph: Graph, request: VersionRequest): Promise<OpenVersion> {
  const { known, range, look } = request;
  let file = known !== undefined && isInside(known.item, range) ? known : await look();
  for (let looks = 1; ; looks += 1) {
    refuseOutside(file.item, range);
    const answer = await tryToAsk(graph, file.url, request);
    if (isAnswer(answer) && hasTagOf(file.item, answer)) {
      return { item: file.item, answer };
    }
    const now = await look().catch(error => giveUp(answer, error));
    const hasChanged = now.item.id !== file.item.id || now.item.eTag !== file.item.eTag;
    if (isAnswer(answer) && (!hasChanged || hasTagOf(now.item, answer)) && isInside(now.item, range)) {
      return recognised({ item: now.item, answer }, request);
    }
    if (looks === MAX_LOOKS || (!hasChanged && isUnsatisfiable(answer))) {
      giveUp(answer, reasonOf(answer, file.item));
    }
    close(answer);
    file = now;
  }
}

/**
 * The item was the same before and after the answer; then the answer is of this version, whatever its tag: the host's tags are of another
 * kind. Refusing it would refuse every download from such a host.
 */
function recognised(version: OpenVersion, { foreignTag }: VersionRequest): OpenVersion {
  if (!hasTagOf(version.item, version.answer)) {
    foreignTag();
  }
  return version;
}

/** The answer, or the error that another look may explain. */
async function tryToAsk(graph: Graph, url: string, ask: VersionRequest): Promise<HttpAnswer | GraphError> {
  try {
    return await askForContent(graph, url, ask);
  } catch (error) {
    if (isGraphError(error, 'answer') && [...STALE_STATUSES, UNSATISFIABLE].includes(error.status)) {
      return error;
    }
    throw error;
  }
}

/** A host that sends no tag has not said anything. */
function hasTagOf({ eTag }: DriveItem, { headers }: HttpAnswer): boolean {
  return headers.etag === undefined || eTag === '' || isSameTag(headers.etag, eTag);
}

function isAnswer(answer: HttpAnswer | GraphError): answer is HttpAnswer {
  return !isGraphError(answer);
}

function isUnsatisfiable(answer: HttpAnswer | GraphError): boolean {
  return answer.status === UNSATISFIABLE;
}

function giveUp(answer: HttpAnswer | GraphError, error: unknown): never {
  close(answer);
  throw error;
}

function close(answer: HttpAnswer | GraphError): void {
  if (isAnswer(answer)) {
    discard(answer);
  }
}

function isInside({ size }: DriveItem, range: ByteRange | undefined): boolean {
  return range === undefined || (range.start <= range.end && range.end < size);
}

function refuseOutside(item: DriveItem, range: ByteRange | undefined): void {
  if (!isInside(item, range)) {
    throw new DriveError('range', `cannot read "${item.name}": the range lies outside its ${item.size} bytes`);
  }
}

/** Why there is no end of looking. What Graph has just shown is not absent, whatever the host says of it. */
function reasonOf(answer: HttpAnswer | GraphError, { name }: DriveItem): Error {
  if (!isAnswer(answer) && answer.status !== 404) {
    return answer;
  }
  const what = isAnswer(answer) ? 'it is changed again and again' : 'its content host does not know it yet';
  return new DriveError('unavailable', `cannot read "${name}": ${what}`, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
