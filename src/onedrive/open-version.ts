import type { ByteRange } from '../drive/drive.ts';
import { DriveError } from '../drive/errors.ts';
import { GraphError, isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { HttpAnswer } from '../graph/transport.ts';
import { type ContentPart, hasDoubtfulSize, judge, type Verdict } from './content-answer.ts';
import { askForContent, discard, isSameTag, sizeOfRefusal } from './content-host.ts';
import type { HostHabits } from './host-habits.ts';

/** A file and its download URL. */
export interface FileAddress {
  readonly item: DriveItem;
  readonly url: string;
}

export interface VersionRequest {
  /** The file as last seen; undefined when no URL for it is known. */
  readonly known: FileAddress | undefined;
  /** Fetches the file as it is now, with a new URL. Throws when there is none. */
  readonly look: () => Promise<FileAddress>;
  readonly range: ByteRange | undefined;
  readonly signal: AbortSignal;
  readonly habits: HostHabits;
  /** Called when the host's tag for a version differs from Graph's. */
  readonly foreignTag: () => void;
}

/** An answer of the content host, and the version of the file in it. */
export interface OpenVersion {
  /** With the size on the host. */
  readonly item: DriveItem;
  readonly answer: HttpAnswer;
  readonly part: ContentPart;
}

/** The answers of an expired or revoked URL. */
const STALE_STATUSES = [401, 403, 404];
/** The host may have another version, with the range outside of it. */
const UNSATISFIABLE = 416;
/** A file that has changed at each of so many looks is being written all the time. */
const MAX_LOOKS = 3;
const RETRY_AFTER_SECONDS = 5;

type Asked = HttpAnswer | GraphError;

/**
 * Opens a file on the content host and checks the answer: a URL serves the current content, our metadata may be older,
 * and a proxy may answer with its own page. Each answer is compared with the item; when it does not match, or the URL
 * is stale, the item is fetched again.
 */
export async function openVersion(graph: Graph, request: VersionRequest): Promise<OpenVersion> {
  const { known, range, look } = request;
  let file = known !== undefined && isInside(known.item, range) ? known : await look();
  for (let looks = 1; ; looks += 1) {
    refuseOutside(file.item, range);
    const answer = await tryToAsk(graph, file.url, request);
    const verdict = verdictOf(answer, file, request);
    if (isAnswer(answer) && verdict.kind === 'same') {
      return recognised({ answer, part: verdict.part }, file, request);
    }
    const now = await look().catch(error => giveUp(answer, error));
    const hasChanged = now.item.id !== file.item.id || now.item.eTag !== file.item.eTag;
    const second = verdictOf(answer, { ...now, url: file.url }, request);
    const isAccepted = second.kind === 'same' || (second.kind === 'foreign' && !hasChanged);
    if (isAnswer(answer) && second.kind !== 'other' && isAccepted && isInside(now.item, range)) {
      return recognised({ answer, part: second.part }, { ...now, url: file.url }, request);
    }
    refuseBeyond(answer, { item: now.item, hasChanged }, request);
    if (looks === MAX_LOOKS) {
      giveUp(answer, reasonOf(answer, now.item, hasChanged));
    }
    close(answer);
    file = now;
  }
}

function verdictOf(answer: Asked, { item, url }: FileAddress, { range, habits }: VersionRequest): Verdict {
  return isAnswer(answer) && answer.status !== UNSATISFIABLE
    ? judge(item, answer, { range, hostTells: habits.tells(url) })
    : { kind: 'other' };
}

/** Remembers what the answer showed about its host and the size of the file. */
function recognised(
  { answer, part }: Pick<OpenVersion, 'answer' | 'part'>,
  { item, url }: FileAddress,
  { habits, foreignTag }: VersionRequest,
): OpenVersion {
  const { etag } = answer.headers;
  if (etag !== undefined && item.eTag !== '') {
    if (isSameTag(etag, item.eTag)) {
      habits.told(url);
    } else {
      foreignTag();
    }
  }
  return { answer, part, item: habits.learnSize(item, part.total) };
}

/** Returns the answer, or the error that another look may explain. */
async function tryToAsk(graph: Graph, url: string, ask: VersionRequest): Promise<Asked> {
  try {
    return await askForContent(graph, url, ask);
  } catch (error) {
    if (isGraphError(error, 'answer') && STALE_STATUSES.includes(error.status)) {
      return error;
    }
    throw error;
  }
}

/**
 * Throws `range` when the host has the version that Graph shows and the range lies outside of it; then the host's size
 * counts. A 416 without a range in the request, or for a range inside the file, says nothing about the file.
 */
function refuseBeyond(
  answer: Asked,
  { item, hasChanged }: { item: DriveItem; hasChanged: boolean },
  { range, habits }: VersionRequest,
): void {
  if (range === undefined || !isAnswer(answer) || answer.status !== UNSATISFIABLE || hasChanged) {
    return;
  }
  const size = sizeOfRefusal(answer);
  const isBeyond = size === undefined ? hasDoubtfulSize(item) : range.start >= size;
  if (!isBeyond) {
    return;
  }
  if (size !== undefined && hasDoubtfulSize(item)) {
    habits.learnSize(item, size);
  }
  giveUp(answer, new DriveError('range', `cannot read "${item.name}": the range lies outside the bytes of its host`));
}

function isAnswer(answer: Asked): answer is HttpAnswer {
  return !(answer instanceof GraphError);
}

function giveUp(answer: Asked, error: unknown): never {
  close(answer);
  throw error;
}

function close(answer: Asked): void {
  if (isAnswer(answer)) {
    discard(answer);
  }
}

/** Returns true also when the size is uncertain: then the host decides. */
function isInside(item: DriveItem, range: ByteRange | undefined): boolean {
  if (range === undefined) {
    return true;
  }
  return range.start <= range.end && (hasDoubtfulSize(item) || range.end < (item.size ?? 0));
}

function refuseOutside(item: DriveItem, range: ByteRange | undefined): void {
  if (!isInside(item, range)) {
    throw new DriveError('range', `cannot read "${item.name}": the range lies outside its ${item.size} bytes`);
  }
}

/** Returns why looking again did not help. An item that Graph has just shown is not absent, whatever the host says. */
function reasonOf(answer: Asked, { name }: DriveItem, hasChanged: boolean): Error {
  if (!isAnswer(answer) && answer.status !== 404) {
    return answer;
  }
  if (isAnswer(answer) && !hasChanged) {
    return new DriveError(
      'upstream',
      `cannot read "${name}": its content host answers with something that is not the file`,
    );
  }
  const what = isAnswer(answer) ? 'it is changed again and again' : 'its content host does not know it yet';
  return new DriveError('unavailable', `cannot read "${name}": ${what}`, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
