import type { ByteRange } from '../drive/drive.ts';
import { GraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { errorFromTransport, type HttpAnswer } from '../graph/transport.ts';

export interface ContentAsk {
  /** Absent: everything. */
  readonly range: ByteRange | undefined;
  /** An entity tag: without this version the whole of another one is wanted. */
  readonly ifRange?: string;
  readonly signal: AbortSignal;
}

/**
 * Asks the content host for a file or a part of it; 416 is an answer as well, since the sizes that Graph reports may
 * be wrong. Throws GraphError; its body must be read or discarded.
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
 * Gives up an answer whose body nobody has begun to read: one that has come whole already would else report that to
 * nobody, which ends the process.
 */
export function discard({ body }: HttpAnswer): void {
  body.on('error', () => {}).destroy();
}

/** The size of the file that the host names when it refuses a range (RFC 9110 §15.5.17). */
export function sizeOfRefusal({ headers }: HttpAnswer): number | undefined {
  const size = /^bytes \*\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}

/**
 * Whether two entity tags are one. The host may quote a tag in another way than Graph, call it weak, or write its GUID
 * in small letters.
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
 * The bytes `start` to `end` of the file; throws `network` when they do not all come. Whoever stops early closes the
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
