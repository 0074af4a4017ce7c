import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Drive } from '../../drive/drive.ts';
import type { Entry } from '../../drive/entry.ts';
import type { Member } from './members.ts';

/** What becomes smaller; pictures, films, music and Office's files are compressed already. */
const COMPRESSIBLE = /^text\/|^application\/(?:json|xml|javascript|rtf|sql)$|[+/]xml$|\+json$|^image\/(?:bmp|svg)/i;
const FILE_MODE = 0o100_644;
const FOLDER_MODE = 0o40_755;

/** Windows has times since 1601. The package fails at the end of the zip when seconds since 1970 are negative. */
const FIRST_TIME = new Date(0);
/**
 * What stands in a name for a place, a drive, a stream of a file (NTFS) or its end. The signs in their place look like
 * them, as rclone's do, and so do not meet another name.
 */
const UNSAFE = /[\\/:\p{Cc}]/gu;
const LOOKALIKES: Readonly<Record<string, string>> = { '\\': '\uff3c', '/': '\uff0f', ':': '\uff1a' };
/** The first of the pictures of control characters. */
const CONTROL_PICTURES = 0x2400;

interface Filling {
  readonly drive: Drive;
  readonly members: AsyncIterable<Member>;
  readonly signal: AbortSignal;
}

/**
 * Packs members into a zip, as fast as it is read, one file after the other. When one of them cannot be read to its end,
 * the zip breaks: it never looks whole. A reader that stops ends the work.
 */
export async function* packZip({ signal: asked, ...what }: Filling): AsyncGenerator<Uint8Array> {
  const stopped = new AbortController();
  const signal = AbortSignal.any([asked, stopped.signal]);
  const zip = new ZipFile();
  const output = outputOf(zip);
  zip.on('error', (error: Error) => output.destroy(error));
  const filling = fill(zip, { ...what, signal }).catch((error: Error) => void output.destroy(error));
  try {
    yield* output;
  } finally {
    stopped.abort();
    await filling;
  }
}

async function fill(zip: ZipFile, { drive, members, signal }: Filling): Promise<void> {
  for await (const { path, names, entry } of members) {
    const name = names.map(safeName).join('/');
    if (entry.kind === 'folder') {
      zip.addEmptyDirectory(name, { mtime: timeOf(entry), mode: FOLDER_MODE });
    } else {
      const { entry: current, length, body } = await drive.read(path, { signal });
      const content = Readable.from(body, { signal });
      const compress = isCompressible(current);
      const options = { mtime: timeOf(current), mode: FILE_MODE, size: length, compress };
      zip.addReadStreamLazy(name, options, handingOver(content));
      // A failure half-way is one of the whole zip; the next file is opened only now.
      await finished(content);
    }
    await room(zip, signal);
  }
  zip.end();
}

/** The zip keeps the function to its end; the stream must not stay with it. */
function handingOver(content: Readable): (take: (error: unknown, content: Readable) => void) => void {
  let left: Readable | undefined = content;
  return take => {
    const given = left;
    left = undefined;
    if (given !== undefined) {
      take(null, given);
    }
  };
}

/** Names of folders are written whether or not anybody reads. */
async function room(zip: ZipFile, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const output = outputOf(zip);
  if (output.writableNeedDrain) {
    await once(output, 'drain', { signal });
  }
}

/** The package makes it so, and says less of it. */
function outputOf({ outputStream }: ZipFile): PassThrough {
  if (!(outputStream instanceof PassThrough)) {
    throw new TypeError('the output of a zip is not the stream that it was');
  }
  return outputStream;
}

/** No name leads out of its folder, wherever it is unpacked. */
function safeName(name: string): string {
  const flat = name.toWellFormed().replaceAll(UNSAFE, sign => LOOKALIKES[sign] ?? pictureOf(sign));
  return flat === '.' || flat === '..' ? '_' : flat;
}

function pictureOf(control: string): string {
  const code = control.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(CONTROL_PICTURES + code) : '\ufffd';
}

function timeOf({ modified }: Entry): Date {
  return modified < FIRST_TIME ? FIRST_TIME : modified;
}

function isCompressible({ contentType = '' }: Entry): boolean {
  return COMPRESSIBLE.test(contentType);
}
