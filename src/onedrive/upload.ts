import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DriveError } from '../drive/errors.ts';
import { putContent } from '../graph/content.ts';
import type { Graph } from '../graph/graph.ts';
import { type ConflictBehavior, getItem, type ItemTimes, updateItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { ItemPlace } from '../graph/urls.ts';
import type { Log } from '../lib/log.ts';
import { QuickXorHash } from '../lib/quick-xor-hash.ts';
import { ChunkReader } from './chunk-reader.ts';
import { commitProven } from './stored.ts';
import { FRAGMENT_BYTES, uploadInSession } from './upload-session.ts';

/** Up to this a file goes up in one request, out of memory. */
export const SMALL_FILE_BYTES = 4 * 1024 * 1024;

export interface Upload {
  /** The folder's id and the file's name. */
  readonly place: ItemPlace;
  readonly conflict: ConflictBehavior;
  readonly length: number | undefined;
  /** The client's own; Graph's where it gives none. */
  readonly times: ItemTimes;
  /** What is at `place` now; null when nothing is. */
  readonly previous: DriveItem | null;
  readonly commit: <T>(send: () => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
}

export interface UploadTools {
  readonly graph: Graph;
  /** Where a body of unknown length waits until its length is known. */
  readonly spoolDir: string;
  readonly maxSpoolBytes: number;
  readonly log: Log;
}

/**
 * Stores a body as a file: small ones in one request, larger ones in an upload session as they arrive. OneDrive wants to know the
 * length of the latter beforehand, so a long body without one is spooled to disk first.
 */
export async function uploadBody(
  tools: UploadTools,
  body: AsyncIterable<Uint8Array>,
  upload: Upload,
): Promise<DriveItem> {
  const reader = new ChunkReader(body);
  try {
    if (upload.length !== undefined && upload.length > SMALL_FILE_BYTES) {
      return await uploadLarge(tools, reader, { ...upload, length: upload.length });
    }
    const head = await reader.take(SMALL_FILE_BYTES + 1);
    if (upload.length !== undefined || head.length <= SMALL_FILE_BYTES) {
      checkLength(head.length, upload.length);
      return await uploadSmall(tools, head, upload);
    }
    return await uploadSpooled(tools, { head, reader }, upload);
  } finally {
    await reader.close();
  }
}

async function uploadSmall(tools: UploadTools, bytes: Buffer, upload: Upload): Promise<DriveItem> {
  const { place, conflict, times, previous, commit, signal } = upload;
  const hasTimes = times.created !== undefined || times.modified !== undefined;
  if (hasTimes && bytes.length > 0) {
    // A PUT cannot carry times, and setting them afterwards makes a second version; a session carries them.
    return uploadLarge(tools, new ChunkReader(singleChunk(bytes)), { ...upload, length: bytes.length });
  }
  const sent = { length: bytes.length, quickXorHash: new QuickXorHash().update(bytes).digest() };
  const item = await commit(() =>
    commitProven({
      send: () => putContent(tools.graph.call, place, { bytes, conflict }, signal),
      reread: () => getItem(tools.graph.call, place, signal, { isKnown: true }),
      sent: () => sent,
      previous,
    }),
  );
  return hasTimes ? setTimesOfStored(tools, item, upload) : item;
}

/** Sessions refuse empty files, so for these a second request is the only way. The file is stored, whatever becomes of its times. */
async function setTimesOfStored({ graph, log }: UploadTools, item: DriveItem, upload: Upload): Promise<DriveItem> {
  const { place, times, signal } = upload;
  return updateItem(graph.call, { driveId: place.driveId, id: item.id }, { times }, signal).catch((error: unknown) => {
    log.warn({ err: error, name: item.name }, 'a file was stored, but its times were not set');
    return item;
  });
}

function uploadLarge(tools: UploadTools, reader: ChunkReader, upload: Upload & { length: number }): Promise<DriveItem> {
  const { place, conflict, times, previous, commit, signal, length } = upload;
  const hash = new QuickXorHash();
  // One buffer for all fragments: each is sent to its end before the next one comes.
  const buffer = Buffer.allocUnsafe(Math.min(length, FRAGMENT_BYTES));
  return uploadInSession(tools.graph, {
    place,
    conflict,
    times: times.created === undefined && times.modified === undefined ? undefined : times,
    previous,
    total: length,
    commit,
    signal,
    log: tools.log,
    reread: () => getItem(tools.graph.call, place, signal, { isKnown: true }),
    sent: () => ({ length: hash.length, quickXorHash: hash.digest() }),
    take: async (size, isLast) => {
      const bytes = await reader.fill(buffer.subarray(0, size));
      hash.update(bytes);
      if (bytes.length < size || (isLast && !(await reader.isAtEnd()))) {
        throw wrongLength(length, bytes.length < size ? `only ${hash.length}` : 'more');
      }
      return bytes;
    },
  });
}

async function uploadSpooled(
  tools: UploadTools,
  { head, reader }: { head: Buffer; reader: ChunkReader },
  upload: Upload,
): Promise<DriveItem> {
  await mkdir(tools.spoolDir, { recursive: true, mode: 0o700 });
  const file = join(tools.spoolDir, `${randomUUID()}.upload`);
  try {
    const length = await spool(file, { head, reader }, tools.maxSpoolBytes);
    const spooled = new ChunkReader(createReadStream(file));
    try {
      return await uploadLarge(tools, spooled, { ...upload, length });
    } finally {
      await spooled.close();
    }
  } finally {
    await rm(file, { force: true });
  }
}

async function spool(
  file: string,
  { head, reader }: { head: Buffer; reader: ChunkReader },
  limit: number,
): Promise<number> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.write(head);
    let length = head.length;
    for await (const chunk of reader.rest()) {
      length += chunk.length;
      if (length > limit) {
        throw new DriveError(
          'too-large',
          `cannot store a body without Content-Length of more than ${limit} bytes: send its length`,
        );
      }
      await handle.writeFile(chunk);
    }
    return length;
  } finally {
    await handle.close();
  }
}

function checkLength(came: number, announced: number | undefined): void {
  if (announced !== undefined && came !== announced) {
    throw wrongLength(announced, came > announced ? 'more' : `only ${came}`);
  }
}

function wrongLength(announced: number, came: string): DriveError {
  return new DriveError('body-length', `cannot store the file: ${announced} bytes were announced and ${came} came`);
}

async function* singleChunk(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
