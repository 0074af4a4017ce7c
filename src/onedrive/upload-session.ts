import { isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { ConflictBehavior } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import {
  cancelUploadSession,
  createUploadSession,
  FRAGMENT_UNIT_BYTES,
  type Fragment,
  type FragmentOutcome,
  getNextStart,
  putFragment,
} from '../graph/upload-sessions.ts';
import type { ItemPlace } from '../graph/urls.ts';
import type { Log } from '../lib/log.ts';

/** 10 MiB: what Microsoft recommends for fast links, and all of a file that is in memory at a time. */
export const FRAGMENT_BYTES = 32 * FRAGMENT_UNIT_BYTES;
/** A session that is not known right after it was made has not reached the host yet (rclone#8545). */
const NOT_YET_THERE_PAUSE_MS = 2_000;
const NOT_YET_THERE_TRIES = 4;
/** A session that must go, although the client has gone already. */
const CANCEL_TIMEOUT_MS = 15_000;

export interface SessionUpload {
  readonly place: ItemPlace;
  readonly conflict: ConflictBehavior;
  readonly modified: Date | undefined;
  /** Bytes in all; more than 0. */
  readonly total: number;
  /** The next `size` bytes of the body; throws when it is shorter or, at its end, longer than announced. */
  readonly take: (size: number, isLast: boolean) => Promise<Buffer>;
  /** Sends what commits the file; here stand the checks that must hold at that moment. */
  readonly commit: <T>(send: () => Promise<T>) => Promise<T>;
  /** Reads the file at `place` afresh, for an answer that was lost. */
  readonly reread: () => Promise<DriveItem>;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Sends a body through an upload session, fragment by fragment; the last one commits (Graph docs, "Upload large files with an upload
 * session"). After any failure the session is cancelled, so that it holds no quota and nothing of it is ever seen.
 */
export async function uploadInSession(graph: Graph, upload: SessionUpload): Promise<DriveItem> {
  const { place, conflict, modified, total, signal } = upload;
  const url = await createUploadSession(graph.call, place, { conflict, modified }, signal);
  try {
    for (let start = 0; ; start += FRAGMENT_BYTES) {
      const isLast = start + FRAGMENT_BYTES >= total;
      const bytes = await upload.take(Math.min(FRAGMENT_BYTES, total - start), isLast);
      const send = () => sendFragment(graph, url, { start, bytes, total }, upload);
      if (isLast) {
        return await upload.commit(send);
      }
      await send();
    }
  } catch (error) {
    await cancel(graph, url, upload.log);
    throw error;
  }
}

/** One fragment, whatever it takes: resumed where the host says, and recognised when it was stored although its answer was lost. */
async function sendFragment(graph: Graph, url: string, fragment: Fragment, upload: SessionUpload): Promise<DriveItem> {
  const end = fragment.start + fragment.bytes.length;
  let rest = fragment;
  while (rest.bytes.length > 0) {
    const outcome = await putOnce(graph, url, rest, upload);
    if (!('nextStart' in outcome)) {
      return outcome.item ?? upload.reread();
    }
    const { nextStart } = outcome;
    if (nextStart < rest.start || nextStart > end || (nextStart === rest.start && fragment !== rest)) {
      throw new RangeError(
        `cannot go on with an upload: the host expects byte ${nextStart} and ${rest.start} to ${end} are at hand`,
      );
    }
    rest = { ...rest, start: nextStart, bytes: rest.bytes.subarray(nextStart - rest.start) };
  }
  return undefined as unknown as DriveItem;
}

async function putOnce(graph: Graph, url: string, fragment: Fragment, upload: SessionUpload): Promise<FragmentOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await putFragment(graph.callContent, url, fragment, upload.signal);
    } catch (error) {
      const isFirst = fragment.start === 0;
      if (isGraphError(error, 'answer') && error.status === 416) {
        return { nextStart: await getNextStart(graph.callContent, url, fragment.total, upload.signal) };
      }
      if (isGraphError(error, 'answer') && error.status === 404 && isFirst && attempt < NOT_YET_THERE_TRIES) {
        await graph.clock.sleep(NOT_YET_THERE_PAUSE_MS, upload.signal);
        continue;
      }
      throw error;
    }
  }
}

async function cancel(graph: Graph, url: string, log: Log): Promise<void> {
  try {
    await cancelUploadSession(graph.callContent, url, AbortSignal.timeout(CANCEL_TIMEOUT_MS));
  } catch (error) {
    // 404: it is gone already. Anything else leaves a session that expires by itself.
    if (!(isGraphError(error, 'answer') && error.status === 404)) {
      log.warn({ err: error }, 'could not cancel an upload session; it will expire by itself');
    }
  }
}
