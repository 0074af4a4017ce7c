import type { ByteRange } from '../drive/drive.ts';
import { GraphError, isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { errorFromTransport, type HttpAnswer } from '../graph/transport.ts';

export interface Download {
  /** Bytes that `body` yields. */
  readonly length: number;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface DownloadRequest {
  /** As it was seen last; its URL is used when it has one. */
  readonly item: DriveItem;
  /** Asks Graph for the item anew, with a new URL. Throws when there is none. */
  readonly freshItem: () => Promise<DriveItem & { readonly downloadUrl: string }>;
  readonly range: ByteRange | undefined;
  readonly signal: AbortSignal;
}

/** What a URL that has expired or was revoked answers. */
const STALE_STATUSES = [401, 403, 404];
/** Times that a download is taken up again before it has got on by so much; each costs a call. */
const MAX_RESUMES = 4;
const PROGRESS_BYTES = 1024 * 1024;

/**
 * Opens the bytes of a file on the content host. A stale URL is replaced; a download that breaks half-way is taken up again where it broke, with
 * a fresh URL, as long as the content is the same. When it is not, the body throws: it never mixes two versions.
 */
export async function openDownload(graph: Graph, request: DownloadRequest): Promise<Download> {
  const { item, range } = request;
  const answer = await openFirst(graph, request);
  const length = range === undefined ? readLength(answer) : range.end - range.start + 1;
  const start = range?.start ?? 0;
  const first = { start, end: start + length - 1 };
  checkRange(answer, first);
  return { length, body: resuming(graph, { ...request, item }, { answer, part: first }) };
}

async function openFirst(graph: Graph, request: DownloadRequest): Promise<HttpAnswer> {
  const { item, freshItem } = request;
  if (item.downloadUrl !== undefined) {
    try {
      return await ask(graph, item.downloadUrl, request);
    } catch (error) {
      if (!(isGraphError(error, 'answer') && STALE_STATUSES.includes(error.status))) {
        throw error;
      }
    }
  }
  return ask(graph, (await freshItem()).downloadUrl, request);
}

/** Yields all bytes of `part`, from the answer at hand and, when it breaks, from further ones. */
async function* resuming(
  graph: Graph,
  request: DownloadRequest,
  first: { answer: HttpAnswer; part: ByteRange },
): AsyncGenerator<Uint8Array> {
  const { end } = first.part;
  let { answer } = first;
  let { start } = first.part;
  let resumes = 0;
  let resumedAt = start;
  while (start <= end) {
    try {
      for await (const bytes of bytesOf(answer, { start, end }, request.signal)) {
        start += bytes.length;
        yield bytes;
      }
    } catch (error) {
      resumes = start - resumedAt < PROGRESS_BYTES ? resumes + 1 : 1;
      resumedAt = start;
      if (resumes > MAX_RESUMES || !isGraphError(error, 'network', 'timeout')) {
        throw error;
      }
      answer = await reopen(graph, request, { start, end });
    }
  }
}

/** The rest of the same content. Between the look at the item and the answer it cannot change unseen: both have the same tag. */
async function reopen(graph: Graph, request: DownloadRequest, range: ByteRange): Promise<HttpAnswer> {
  const fresh = await request.freshItem();
  if (fresh.cTag !== request.item.cTag) {
    throw changed();
  }
  const answer = await ask(graph, fresh.downloadUrl, { range, signal: request.signal, ifRange: fresh.eTag });
  if (!isVersion(answer, fresh.eTag)) {
    answer.body.destroy();
    throw changed();
  }
  checkRange(answer, range);
  return answer;
}

/** By the answer's own tag: everything instead of a range may be the same version all the same, and a range another one, if the host ignores If-Range. */
function isVersion({ status, headers }: HttpAnswer, eTag: string): boolean {
  return headers.etag === undefined ? status === 206 : headers.etag === eTag;
}

function changed(): GraphError {
  return new GraphError('protocol', 'the file was changed while it was read');
}

async function ask(
  graph: Graph,
  url: string,
  { range, signal, ifRange }: { range: ByteRange | undefined; signal: AbortSignal; ifRange?: string },
): Promise<HttpAnswer> {
  // Without Accept the host has answered 416 to good ranges (corso).
  const headers = {
    accept: '*/*',
    'accept-encoding': 'identity',
    ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` }),
    ...(ifRange === undefined ? {} : { 'if-range': ifRange }),
  };
  const answer = await graph.callContent({ method: 'GET', url, headers, signal });
  if (answer.status !== 200 && answer.status !== 206) {
    answer.body.destroy();
    throw new GraphError('protocol', `the content host answered ${answer.status} to a download`);
  }
  return answer;
}

function checkRange(answer: HttpAnswer, { start }: ByteRange): void {
  if (answer.status === 206 && /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1] !== String(start)) {
    answer.body.destroy();
    throw new GraphError('protocol', 'the content host answered another range than was asked for');
  }
}

function readLength(answer: HttpAnswer): number {
  const length = Number(answer.headers['content-length'] ?? Number.NaN);
  if (!Number.isSafeInteger(length)) {
    answer.body.destroy();
    throw new GraphError('protocol', 'the content host did not say how long the file is');
  }
  return length;
}

/**
 * The bytes `start` to `end` of the file; throws `network` when they do not all come. Whoever stops early closes the connection. A host may
 * ignore the range and send everything (Graph docs, "Download the contents of a DriveItem").
 */
async function* bytesOf(
  { status, body }: HttpAnswer,
  { start, end }: ByteRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let toSkip = status === 200 ? start : 0;
  let left = end - start + 1;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const part = chunk.subarray(toSkip, toSkip + left);
      toSkip = Math.max(0, toSkip - chunk.length);
      left -= part.length;
      if (part.length > 0) {
        yield part;
      }
      if (left === 0) {
        break;
      }
    }
  } catch (error) {
    throw errorFromTransport(error, signal);
  } finally {
    body.destroy();
  }
  if (left > 0) {
    throw new GraphError('network', `the content host closed a download ${left} bytes too early`);
  }
}
