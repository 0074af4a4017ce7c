import type { ThumbnailOptions } from '../drive/drive.ts';
import { DriveError } from '../drive/errors.ts';
import type { DrivePath } from '../drive/path.ts';
import { isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { thumbnailUrl } from '../graph/thumbnails.ts';
import type { HttpAnswer } from '../graph/transport.ts';
import { allBytesOf, askForContent, discard, lengthOf } from './content-host.ts';
import { asFile } from './file-reader.ts';
import type { KeptThumbnail, KeptThumbnails, ThumbnailKey } from './kept-thumbnails.ts';
import { withItem } from './known-item.ts';
import type { OpenDrive } from './open-drive.ts';
import type { Resolver } from './resolve.ts';

export interface ThumbnailParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
  readonly kept: KeptThumbnails;
}

export interface OpenThumbnail {
  readonly item: DriveItem;
  readonly contentType: string;
  readonly length: number | undefined;
  readonly body: AsyncGenerator<Uint8Array>;
  /** Discards the bytes when nobody has begun to read them. */
  readonly close: () => void;
}

/** Pictures that cannot hold a script. */
const PICTURE = /^image\/(jpeg|png|gif|webp|avif|bmp)$/;
/** The host of thumbnails has listed one that it cannot make of this file. */
const CANNOT_MAKE = [404, 406, 415, 422];

/**
 * Opens the picture of the file at `path`; undefined when it has none. One that was read lately costs no call but those
 * that find the file.
 */
export async function openThumbnail(
  { graph, open, resolver, kept }: ThumbnailParts,
  path: DrivePath,
  { size, signal }: ThumbnailOptions,
): Promise<OpenThumbnail | undefined> {
  const read = async (item: DriveItem) => {
    const { id } = asFile(item, path);
    const key = { driveId: await open.id(signal), item, size };
    const picture = kept.get(key);
    const url = picture ?? (await thumbnailUrl(graph.call, { driveId: key.driveId, id }, size, signal));
    return { key, picture, url: typeof url === 'string' ? url : undefined };
  };
  const { key, picture, url } = await withItem(resolver, path, { signal, read });
  if (picture !== undefined) {
    return fromMemory(key, picture);
  }
  const answer = url === undefined ? undefined : await ask(graph, url, signal);
  return answer && fromHost({ key, kept, answer, signal });
}

function fromMemory({ item }: ThumbnailKey, { contentType, bytes }: KeptThumbnail): OpenThumbnail {
  const body = async function* () {
    yield bytes;
  };
  return { item, contentType, length: bytes.length, body: body(), close: () => {} };
}

interface HostAnswer {
  readonly key: ThumbnailKey;
  readonly kept: KeptThumbnails;
  readonly answer: HttpAnswer;
  readonly signal: AbortSignal;
}

function fromHost({ key, kept, answer, signal }: HostAnswer): OpenThumbnail {
  const contentType = (answer.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (answer.status !== 200 || !PICTURE.test(contentType)) {
    discard(answer);
    throw new DriveError('upstream', `the thumbnail of "${key.item.name}" is no picture`);
  }
  const body = kept.keeping(key, { contentType, body: allBytesOf(answer, signal) });
  return { item: key.item, contentType, length: lengthOf(answer), body, close: () => discard(answer) };
}

async function ask(graph: Graph, url: string, signal: AbortSignal): Promise<HttpAnswer | undefined> {
  try {
    return await askForContent(graph, url, { range: undefined, signal });
  } catch (error) {
    if (isGraphError(error, 'answer') && CANNOT_MAKE.includes(error.status)) {
      return undefined;
    }
    throw error;
  }
}
