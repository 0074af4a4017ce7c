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
import { withItem } from './known-item.ts';
import type { OpenDrive } from './open-drive.ts';
import type { Resolver } from './resolve.ts';

export interface ThumbnailParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
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

/** Opens the picture of the file at `path`; undefined when it has none. */
export async function openThumbnail(
  { graph, open, resolver }: ThumbnailParts,
  path: DrivePath,
  { size, signal }: ThumbnailOptions,
): Promise<OpenThumbnail | undefined> {
  const read = async (item: DriveItem) => {
    const place = { driveId: await open.id(signal), id: asFile(item, path).id };
    return { item, url: await thumbnailUrl(graph.call, place, size, signal) };
  };
  const { item, url } = await withItem(resolver, path, { signal, read });
  const answer = url === undefined ? undefined : await ask(graph, url, signal);
  if (answer === undefined) {
    return undefined;
  }
  const contentType = (answer.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (answer.status !== 200 || !PICTURE.test(contentType)) {
    discard(answer);
    throw new DriveError('upstream', `the thumbnail of "${item.name}" is no picture`);
  }
  const close = () => discard(answer);
  return { item, contentType, length: lengthOf(answer), body: allBytesOf(answer, signal), close };
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
