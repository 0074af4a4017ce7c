import type { ByteRange } from '../drive/drive.ts';
import { GraphError, isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { errorFromTransport, type HttpAnswer } from '../graph/transport.ts';

export interface Download {
  /** Bytes that `body` yields. */
  readonly length: number;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface DownloadRequest {
  /** A download URL that is at hand, or undefined. */
  readonly url: string | undefined;
  /** Asks Graph for a new one. */
  readonly freshUrl: () => Promise<string>;
  readonly range: ByteRange | undefined;
  readonly signal: AbortSignal;
}

/** What a URL that has expired or was revoked answers. */
const STALE_STATUSES = [401, 403, 404];

/** Opens the bytes of a file on the content host; a stale URL is replaced once. */
export async function openDownload(graph: Graph, request: DownloadRequest): Promise<Download> {
  const { url, freshUrl, range, signal } = request;
  if (url !== undefined) {
    try {
      return await open(graph, url, request);
    } catch (error) {
      if (!(isGraphError(error, 'answer') && STALE_STATUSES.includes(error.status))) {
        throw error;
      }
    }
  }
  return open(graph, await freshUrl(), { range, signal });
}

async function open(
  graph: Graph,
  url: string,
  { range, signal }: { range: ByteRange | undefined; signal: AbortSignal },
): Promise<Download> {
  // Without Accept the host has answered 416 to good ranges (corso).
  const headers = {
    accept: '*/*',
    'accept-encoding': 'identity',
    ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` }),
  };
  const answer = await graph.callContent({ method: 'GET', url, headers, signal });
  if (answer.status !== 200 && answer.status !== 206) {
    answer.body.destroy();
    throw new GraphError('protocol', `the content host answered ${answer.status} to a download`);
  }
  return range === undefined ? wholeBody(answer, signal) : rangeBody(answer, range, signal);
}

function wholeBody(answer: HttpAnswer, signal: AbortSignal): Download {
  const length = readLength(answer);
  return { length, body: exactly(answer.body, { skip: 0, length }, signal) };
}

function rangeBody(answer: HttpAnswer, range: ByteRange, signal: AbortSignal): Download {
  const length = range.end - range.start + 1;
  if (answer.status === 206) {
    const start = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
    if (start !== String(range.start)) {
      answer.body.destroy();
      throw new GraphError('protocol', 'the content host answered another range than was asked for');
    }
  }
  // A host may ignore the range and send everything (Graph docs, "Download the contents of a DriveItem").
  return { length, body: exactly(answer.body, { skip: answer.status === 200 ? range.start : 0, length }, signal) };
}

function readLength(answer: HttpAnswer): number {
  const length = Number(answer.headers['content-length'] ?? Number.NaN);
  if (!Number.isSafeInteger(length)) {
    answer.body.destroy();
    throw new GraphError('protocol', 'the content host did not say how long the file is');
  }
  return length;
}

/** Yields `length` bytes after `skip`; throws when they do not come. Whoever stops early closes the connection. */
async function* exactly(
  body: HttpAnswer['body'],
  { skip, length }: { skip: number; length: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let toSkip = skip;
  let left = length;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const part = chunk.subarray(toSkip, toSkip + left);
      toSkip = Math.max(0, toSkip - chunk.length);
      left -= part.length;
      if (part.length > 0) {
        yield part;
      }
      if (left === 0 && toSkip === 0) {
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
