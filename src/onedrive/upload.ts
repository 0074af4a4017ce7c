import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DriveError } from '../drive/errors.ts';
import { putContent } from '../graph/content.ts';
import type { Graph } from '../graph/graph.ts';
import { type ConflictBehavior, getItem, type ItemTimes, updateItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { FRAGMENT_UNIT_BYTES } from '../graph/upload-sessions.ts';
import type { ItemPlace } from '../graph/urls.ts';
import type { ByteBudget } from '../lib/byte-budget.ts';
import type { Log } from '../lib/log.ts';
import { QuickXorHash } from '../lib/quick-xor-hash.ts';
import { ChunkReader, type Gathering, type Portion } from './chunk-reader.ts';
import type { FragmentSize } from './fragment-size.ts';
import type { OpenSessions } from './open-sessions.ts';
import { SPOOL_ENDING } from './spool-folder.ts';
import { commitProven } from './stored.ts';
import { uploadInSession } from './upload-session.ts';

/** A file up to this size is sent in one request, from memory. */
export const SMALL_FILE_BYTES = 4 * 1024 * 1024;

export interface Upload {
  /** The folder's id and the file's name. */
  readonly place: ItemPlace;
  readonly conflict: ConflictBehavior;
  readonly length: number | undefined;
  /** The times the client gave; Graph sets missing ones. */
  readonly times: ItemTimes;
  /** The current item at `place`; null when there is none. */
  readonly previous: DriveItem | null;
  readonly commit: <T>(send: () => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
}

export interface UploadTools {
  readonly graph: Graph;
  /** Where a body of unknown length waits until its length is known. */
  readonly spoolDir: string;
  readonly maxSpoolBytes: number;
  readonly sessions: OpenSessions;
  /** Shared by all uploads. */
  readonly buffers: ByteBudget;
  /** Of all uploads to this drive. */
  readonly fragmentSize: FragmentSize;
  readonly log: Log;
}

/**
 * Stores a body as a file: small ones in one request, larger ones in an upload session as they arrive. OneDrive needs
 * the length of the latter in advance, so a long body of unknown length is first spooled to disk.
 */
export async function uploadBody(
  tools: UploadTools,
  body: AsyncIterable<Uint8Array>,
  upload: Upload,
): Promise<DriveItem> {
  const reader = new ChunkReader(body);
  try {
    const { length } = upload;
    if (length !== undefined && length > SMALL_FILE_BYTES) {
      return await uploadLarge(tools, { reader }, { ...upload, length });
    }
    const head = await reader.gather((length ?? SMALL_FILE_BYTES) + 1, gatheringOf(tools, upload));
    try {
      return await uploadBegun(tools, { head, reader }, upload);
    } finally {
      head.release();
    }
  } finally {
    await reader.close();
  }
}

function gatheringOf({ buffers }: UploadTools, { signal }: Upload): Gathering {
  return { budget: buffers, unit: FRAGMENT_UNIT_BYTES, signal };
}

/** A body whose first bytes have been read. */
interface Begun {
  readonly head: Portion;
  readonly reader: ChunkReader;
}

type Source = Pick<Begun, 'reader'> & Partial<Begun>;

/**
 * Sends a body that is already complete in one request. Any other is longer than a small file, or memory is short: then
 * it does not wait for the rest.
 */
async function uploadBegun(tools: UploadTools, begun: Begun, upload: Upload): Promise<DriveItem> {
  const { length } = upload;
  if (begun.reader.hasEnded || (length !== undefined && begun.head.length > length)) {
    return uploadSmall(tools, begun, upload);
  }
  return length === undefined ? uploadSpooled(tools, begun, upload) : uploadLarge(tools, begun, { ...upload, length });
}

async function uploadSmall(tools: UploadTools, { head, reader }: Begun, upload: Upload): Promise<DriveItem> {
  const { place, conflict, times, previous, commit, signal } = upload;
  const { length } = head;
  const hasTimes = times.created !== undefined || times.modified !== undefined;
  checkLength(length, upload.length);
  if (hasTimes && length > 0) {
    // A PUT cannot carry times, and setting them afterwards makes a second version; a session carries them.
    return uploadLarge(tools, { head, reader }, { ...upload, length });
  }
  const bytes = head.body();
  const sent = { length, quickXorHash: hashOf(head.parts()) };
  const item = await commit(() =>
    commitProven({
      send: () => putContent(tools.graph.call, place, { bytes, conflict }, signal),
      reread: () => getItem(tools.graph.call, place, signal, { isKnown: true }),
      sent: () => sent,
      previous,
    }),
  );
  head.delivered();
  return hasTimes ? setTimesOfStored(tools, item, upload) : item;
}

function hashOf(bytes: readonly Uint8Array[]): string {
  const hash = new QuickXorHash();
  for (const part of bytes) {
    hash.update(part);
  }
  return hash.digest();
}

/**
 * Sets the times of an empty file: sessions refuse empty files, so this needs a second request. The file is stored even
 * if this fails.
 */
async function setTimesOfStored({ graph, log }: UploadTools, item: DriveItem, upload: Upload): Promise<DriveItem> {
  const { place, times, signal } = upload;
  return updateItem(graph.call, { driveId: place.driveId, id: item.id }, { times }, signal).catch((error: unknown) => {
    log.warn({ err: error, name: item.name }, 'a file was stored, but its times were not set');
    return item;
  });
}

function uploadLarge(
  tools: UploadTools,
  { head, reader }: Source,
  upload: Upload & { length: number },
): Promise<DriveItem> {
  const { place, conflict, times, previous, commit, signal, length } = upload;
  const hash = new QuickXorHash();
  let ready = head;
  return uploadInSession(tools.graph, {
    place,
    conflict,
    times: times.created === undefined && times.modified === undefined ? undefined : times,
    previous,
    total: length,
    commit,
    signal,
    log: tools.log,
    sessions: tools.sessions,
    fragmentSize: tools.fragmentSize,
    reread: () => getItem(tools.graph.call, place, signal, { isKnown: true }),
    sent: () => ({ length: hash.length, quickXorHash: hash.digest() }),
    take: async ({ size, left, signal, after }) => {
      const portion = ready ?? (await reader.gather(size, { ...gatheringOf(tools, upload), signal, after }));
      ready = undefined;
      try {
        for (const part of portion.parts()) {
          hash.update(part);
        }
        const isShort = reader.hasEnded && portion.length < Math.min(size, left);
        if (isShort || (portion.length === left && !(await reader.isAtEnd()))) {
          throw wrongLength(length, isShort ? `only ${hash.length}` : 'more');
        }
        return portion;
      } catch (error) {
        portion.release();
        throw error;
      }
    },
  });
}

async function uploadSpooled(tools: UploadTools, { head, reader }: Begun, upload: Upload): Promise<DriveItem> {
  await mkdir(tools.spoolDir, { recursive: true, mode: 0o700 });
  const file = join(tools.spoolDir, `${randomUUID()}${SPOOL_ENDING}`);
  try {
    const length = await spool(file, { head, reader }, tools.maxSpoolBytes);
    const spooled = new ChunkReader(createReadStream(file));
    try {
      return await uploadLarge(tools, { reader: spooled }, { ...upload, length });
    } finally {
      await spooled.close();
    }
  } finally {
    await rm(file, { force: true });
  }
}

async function spool(file: string, { head, reader }: Begun, limit: number): Promise<number> {
  const handle = await open(file, 'wx', 0o600);
  try {
    let { length } = head;
    for (const part of head.parts()) {
      await handle.writeFile(part);
    }
    head.release();
    for await (const chunk of reader.rest()) {
      length += chunk.length;
      if (length > limit) {
        throw new DriveError(
          'too-large',
          `cannot store more than ${limit} bytes without Content-Length: send the length`,
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
  return new DriveError('body-length', `cannot store the file: ${announced} bytes were announced but ${came} arrived`);
}
