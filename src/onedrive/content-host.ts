import type { ByteRange } from '../drive/drive.ts';
import { GraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { errorFromTransport, type HttpAnswer } from '../graph/transport.ts';

export interface ContentAsk {
  /** Absent: the whole file. */
  readonly range: ByteRange | undefined;
  /** An entity tag: if the version has changed, the host sends the whole new one. */
  readonly ifRange?: string;
  readonly signal: AbortSignal;
}

/**
 * Requests a file or a part of it from the content host. Accepts 416 too, since the sizes that Graph reports may be
 * wrong. Throws GraphError. The caller must read or discard the body.
 */
export async function askForContent(
  graph: Graph,
  url: string,
  { range, signal, ifRange }: ContentAsk,
): Promise<HttpAnswer> {
  // Without Accept the host has answered 416 to good ranges (corso).
  const headers = {
    accept: '*/*',
    'accept-encoding': 'identity',
    ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` }),
    ...(ifRange === undefined ? {} : { 'if-range': ifRange }),
  };
  return graph.openContent({ method: 'GET', url, headers, success: [200, 206, 416], signal });
}

/**
 * Discards an answer whose body has not been read. Without a listener, an error of a body that has already arrived
 * completely would end the process.
 */
export function discard({ body }: HttpAnswer): void {
  body.on('error', () => {}).destroy();
}

/** Returns the file size that the host states when it refuses a range (RFC 9110 §15.5.17). */
export function sizeOfRefusal({ headers }: HttpAnswer): number | undefined {
  const size = /^bytes \*\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}

/**
 * Returns true when two entity tags are equal. The host may quote a tag differently from Graph, mark it weak, or write
 * its GUID in lower case.
 */
export function isSameTag(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

function bare(tag: string): string {
  return tag
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1')
    .toLowerCase();
}

/**
 * Yields the bytes `start` to `end` of the file; throws `network` when some are missing. Stopping early closes the
 * connection. A host may ignore the range and send everything (Graph docs, "Download the contents of a DriveItem").
 */
export async function* bytesOf(
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

/** Yields all bytes of an answer. Stopping early closes the connection. */
export async function* allBytesOf({ body }: HttpAnswer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      yield chunk;
    }
  } catch (error) {
    throw errorFromTransport(error, signal);
  } finally {
    body.destroy();
  }
}

/** Returns the bytes of an answer as its host states them; undefined when it does not, or has encoded them. */
export function lengthOf({ headers }: HttpAnswer): number | undefined {
  const length = /^\d+$/.test(headers['content-length'] ?? '') ? Number(headers['content-length']) : undefined;
  return /^(identity)?$/i.test(headers['content-encoding']?.trim() ?? '') ? length : undefined;
}
