import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { DavError } from '../webdav/errors.ts';

export interface FormLimits {
  readonly maxFiles: number;
  /** Of one file. */
  readonly maxBytes: number;
}

/** A file in a form. Its bytes throw when it is cut, or longer than it may be: it is never shorter than it was sent. */
export interface FormFile {
  /** As the sender gives it, without folders. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Nothing but the files of a form is looked at. */
const LIMITS = { fields: 20, fieldSize: 1_024, headerPairs: 20 };

/** Returns true for a form that has files. */
export function isFileForm({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return /^multipart\/form-data\s*;/i.test(headers['content-type'] ?? '');
}

/**
 * Reads the files of a form (RFC 7578) as they arrive, and gives them to `take` one after the other; what that leaves of
 * a file is read away. Returns whether there were more files than allowed; those are not taken. Throws DavError 400 for
 * a form that cannot be read, and the error of a connection that breaks.
 */
export async function readFormFiles(
  raw: IncomingMessage,
  { maxFiles, maxBytes }: FormLimits,
  take: (file: FormFile) => Promise<void>,
): Promise<{ readonly hadMore: boolean }> {
  const parser = createParser(raw, { files: maxFiles, fileSize: maxBytes, ...LIMITS });
  const works: Promise<void>[] = [];
  const open = new Set<BusboyFileStream>();
  let hadMore = false;
  parser.on('filesLimit', () => {
    hadMore = true;
  });
  parser.on('file', (_field: string, stream: BusboyFileStream, name: string | undefined) => {
    // The parser tells of an early end without ending the stream.
    stream.on('error', error => stream.destroy(error));
    open.add(stream);
    const before = works.at(-1) ?? Promise.resolve();
    const work = before
      .then(() => takeStream(stream, { name, maxBytes, take }))
      .finally(() => {
        open.delete(stream);
        stream.resume();
        works.shift();
      });
    work.catch(() => {});
    works.push(work);
  });
  try {
    await feed(parser, raw, works);
  } catch (error) {
    for (const stream of open) {
      stream.destroy(error as Error);
    }
    await Promise.allSettled(works);
    throw error;
  }
  await works.at(-1);
  return { hadMore };
}

interface Taking {
  readonly name: string | undefined;
  readonly maxBytes: number;
  readonly take: (file: FormFile) => Promise<void>;
}

/** A field in which no file was chosen comes as a file without a name and without bytes (HTML, "constructing"). */
async function takeStream(stream: BusboyFileStream, { name = '', maxBytes, take }: Taking): Promise<void> {
  const bytes = bytesOf(stream, maxBytes);
  const first = name === '' ? await bytes.next() : undefined;
  if (!first?.done) {
    await take({ name: name.split(/[/\\]/).at(-1)!, bytes });
  }
}

/**
 * Gives the body to the parser. When a second file has begun, the first one has arrived whole: it is waited for before
 * more is read, so that only as much as one piece of the body is ever in memory.
 */
async function feed(parser: BusboyInstance, raw: IncomingMessage, works: readonly Promise<void>[]): Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    parser.on('error', (error: Error) => reject(new DavError(400, `the form cannot be read: ${error.message}`)));
  });
  const ended = Promise.race([once(parser, 'finish'), failed]);
  ended.catch(() => {});
  for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
    if (!parser.write(chunk)) {
      await Promise.race([once(parser, 'drain'), ended]);
    }
    while (works.length > 1) {
      await works[0];
    }
  }
  parser.end();
  await ended;
}

function createParser({ headers }: IncomingMessage, limits: Readonly<Record<string, number>>): BusboyInstance {
  try {
    const type = headers['content-type'] ?? '';
    // The parser would make no name at all of `..`.
    return new Busboy({ headers: { ...headers, 'content-type': type }, limits, preservePath: true });
  } catch (error) {
    throw new DavError(400, `the form cannot be read: ${(error as Error).message}`);
  }
}

async function* bytesOf(stream: BusboyFileStream, maxBytes: number): AsyncGenerator<Uint8Array> {
  // When the reader stops early, the rest of the form has still to be read.
  yield* stream.iterator({ destroyOnReturn: false });
  if (stream.truncated) {
    throw new DavError(413, `a file must not be longer than ${maxBytes} bytes`);
  }
}
