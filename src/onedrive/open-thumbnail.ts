import type { ThumbnailOptions } from '../drive/drive.ts';
import { DriveError } from '../drive/errors.ts';
import type { DrivePath } from '../drive/path.ts';
import { isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { thumbnailUrl } from '../graph/thumbnails.ts';
import type { HttpAnswer } from '../graph/transport.ts';
import { allBytesOf, askForContent, discard } from './content-host.ts';
import { asFile } from './file-reader.ts';
import type { KeptThumbnail, KeptThumbnails } from './kept-thumbnails.ts';
import { withItem } from './known-item.ts';
import type { OpenDrive } from './open-drive.ts';
import type { Resolver } from './resolve.ts';

export interface ThumbnailParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
  readonly kept: KeptThumbnails;
}

export interface OpenThumbnail extends KeptThumbnail {
  readonly item: DriveItem;
}

/** The longest picture that is read into memory; the largest of OneDrive's have a tenth of that. */
const MAX_BYTES = 4 * 1024 ** 2;
/** How each kind of picture that cannot hold a script begins. */
const BEGINNINGS: Readonly<Record<string, RegExp>> = {
  'image/jpeg': /^\xff\xd8\xff/,
  'image/png': /^\x89PNG\r\n/,
  'image/gif': /^GIF8/,
  'image/webp': /^RIFF.{4}WEBP/s,
  'image/avif': /^.{4}ftyp/s,
  'image/bmp': /^BM/,
};
/** The host of thumbnails has listed one that it cannot make of this file. */
const CANNOT_MAKE = [404, 406, 415, 422];

/**
 * Reads the picture of the file at `path`; undefined when it has none. One that was read lately costs no call but those
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
    const known = kept.get(key);
    return known === undefined
      ? { key, url: await thumbnailUrl(graph.call, { driveId: key.driveId, id }, size, signal) }
      : { key, known };
  };
  const { key, known, url } = await withItem(resolver, path, { signal, read });
  if (known !== undefined) {
    return { item: key.item, ...known };
  }
  const answer = url === undefined ? undefined : await ask(graph, url, signal);
  if (answer === undefined) {
    return undefined;
  }
  const picture = await pictureIn(answer, { name: key.item.name, signal });
  kept.set(key, picture);
  return { item: key.item, ...picture };
}

/** Throws `upstream` for what is no picture. Nobody states the hash of one, so a shortened one is not noticed. */
async function pictureIn(
  answer: HttpAnswer,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<KeptThumbnail> {
  const { status, headers } = answer;
  const contentType = (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const beginning = status === 200 && Object.hasOwn(BEGINNINGS, contentType) ? BEGINNINGS[contentType] : undefined;
  const bytes = beginning === undefined ? undefined : await bytesIn(answer, signal);
  discard(answer);
  if (bytes === undefined || !beginning!.test(bytes.toString('latin1', 0, 12))) {
    throw new DriveError('upstream', `the thumbnail of "${name}" is no picture`);
  }
  return { contentType, bytes };
}

/** Undefined for a body that is too long. */
async function bytesIn(answer: HttpAnswer, signal: AbortSignal): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of allBytesOf(answer, signal)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) {
      return undefined;
    }
  }
  return Buffer.concat(chunks);
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
