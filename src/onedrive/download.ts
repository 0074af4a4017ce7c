import type { ByteRange } from '../drive/drive.ts';
import { changedItem, type DriveItem } from '../graph/drive-item.ts';
import { GraphError, isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { HttpAnswer } from '../graph/transport.ts';
import { judge } from './content-answer.ts';
import { askForContent, bytesOf, discard, isSameTag } from './content-host.ts';
import { type FileAddress, type OpenVersion, openVersion, type VersionRequest } from './open-version.ts';

export interface Download {
  /** The version that the bytes belong to. */
  readonly item: DriveItem;
  /** Bytes that `body` yields. */
  readonly length: number;
  readonly body: AsyncGenerator<Uint8Array>;
  /** Discards the bytes when nobody has begun to read them. */
  readonly close: () => void;
}

export interface DownloadRequest extends VersionRequest {
  /** Fetches an item by its id, wherever it is now, with a new URL. Throws when there is none. */
  readonly again: (item: DriveItem) => Promise<FileAddress>;
}

/** A download is resumed at most MAX_RESUMES times without PROGRESS_BYTES of progress; each resume costs a call. */
const MAX_RESUMES = 4;
const PROGRESS_BYTES = 1024 * 1024;

/**
 * Opens the bytes of a file on the content host: one version, and the item that it belongs to. A stale URL is replaced;
 * a broken download resumes where it broke, with a fresh URL, as long as the content is the same. Otherwise the body
 * throws: it never mixes two versions.
 */
export async function openDownload(graph: Graph, request: DownloadRequest): Promise<Download> {
  const version = await openVersion(graph, request);
  const { item, answer, part } = version;
  const body = resuming(graph, request, { version, part });
  return { item, length: part.end - part.start + 1, body, close: () => discard(answer) };
}

/** Yields all bytes of `part` from the given answer and, when it breaks, from further ones. */
async function* resuming(
  graph: Graph,
  request: DownloadRequest,
  { version, part }: { version: OpenVersion; part: ByteRange },
): AsyncGenerator<Uint8Array> {
  const { end } = part;
  let { answer } = version;
  let { start } = part;
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
      answer = await reopen(graph, request, { version, rest: { start, end } });
    }
  }
}

/**
 * Requests the rest of the same content. A change between the item request and the answer is noticed: both carry the
 * same tag.
 */
async function reopen(
  graph: Graph,
  { again, signal }: DownloadRequest,
  { version, rest }: { version: OpenVersion; rest: ByteRange },
): Promise<HttpAnswer> {
  const now = await again(version.item);
  if (now.item.cTag !== version.item.cTag) {
    throw changed();
  }
  const answer = await askForContent(graph, now.url, { range: rest, signal, ifRange: now.item.eTag });
  const tags = [now.item.eTag, version.answer.headers.etag];
  const whole = changedItem(now.item, { size: version.part.total, eTag: answer.headers.etag ?? '' });
  if (!isContentOf(answer, tags) || judge(whole, answer, { range: rest, hostTells: false }).kind === 'other') {
    discard(answer);
    throw changed();
  }
  return answer;
}

/**
 * Returns true when the answer's tag is the item's, or the one that this host sent before. The status is not enough: a
 * full answer may be the same version, and a range may be of another if the host ignores If-Range.
 */
function isContentOf({ status, headers: { etag } }: HttpAnswer, tags: readonly (string | undefined)[]): boolean {
  return etag === undefined ? status === 206 : tags.some(tag => tag !== undefined && isSameTag(tag, etag));
}

function changed(): GraphError {
  return new GraphError('protocol', 'the file was changed while it was read');
}
