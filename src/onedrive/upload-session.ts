import { DriveError } from '../drive/errors.ts';
import { GraphError, isGraphError, isItemAbsent, mayBeDone } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { ConflictBehavior, ItemTimes } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import {
  cancelUploadSession,
  createUploadSession,
  type Fragment,
  type FragmentOutcome,
  getNextStart,
  putFragment,
} from '../graph/upload-sessions.ts';
import type { ItemPlace } from '../graph/urls.ts';
import type { Log } from '../lib/log.ts';
import type { Portion } from './chunk-reader.ts';
import type { FragmentSize } from './fragment-size.ts';
import type { OpenSessions } from './open-sessions.ts';
import { commitProven, type Sent } from './stored.ts';

/** A session that is unknown right after its creation has not reached the host yet (rclone#8545). */
const NOT_YET_THERE_PAUSE_MS = 2_000;
const NOT_YET_THERE_TRIES = 4;
/** A lost session is no sign of lasting trouble. */
const LOST_RETRY_SECONDS = 5;
/** The session must be cancelled even after the client has gone. */
const CANCEL_TIMEOUT_MS = 15_000;

export interface SessionUpload {
  readonly place: ItemPlace;
  readonly conflict: ConflictBehavior;
  readonly times: ItemTimes | undefined;
  /** The previous item at `place`; null when there was none. */
  readonly previous: DriveItem | null;
  /** Bytes in all; more than 0. */
  readonly total: number;
  /**
   * Takes the next bytes of the body. Throws when the body is shorter or longer than the number of bytes still expected,
   * and when the signal is aborted.
   */
  readonly take: (wanted: Wanted) => Promise<Portion>;
  /** Sends the request that commits the file, after the checks that must hold at that moment. */
  readonly commit: <T>(send: () => Promise<T>) => Promise<T>;
  /** Rereads the file at `place` when an answer was lost. */
  readonly reread: () => Promise<DriveItem>;
  /** The bytes taken so far. */
  readonly sent: () => Sent;
  readonly signal: AbortSignal;
  readonly sessions: OpenSessions;
  readonly fragmentSize: FragmentSize;
  readonly log: Log;
}

/** The part of the body that is to be sent next. */
export interface Wanted {
  /** Bytes; while memory is short, it is a multiple of the fragment's unit instead. */
  readonly size: number;
  /** Bytes that are still expected. */
  readonly left: number;
  readonly signal: AbortSignal;
  /** The sending of the part before; see `Gathering`. */
  readonly after?: Promise<unknown>;
}

/**
 * Sends a body through an upload session, fragment by fragment; the last one commits (Graph docs, "Upload large files
 * with an upload session"). While one is sent, the next one is filled, so that neither line waits for the other. After
 * any failure the session is cancelled, so that it holds no quota and no part of the file appears.
 */
export async function uploadInSession(graph: Graph, upload: SessionUpload): Promise<DriveItem> {
  const session = new Session(graph, upload);
  await session.open();
  try {
    const item = await sendAll(session, upload);
    await upload.sessions.closed(session.id);
    return item;
  } catch (error) {
    await session.cancel();
    throw isItemAbsent(error) ? sessionLost(error) : error;
  }
}

/** Sends the body's portions one after the other, and takes the next one meanwhile. */
async function sendAll(session: Session, upload: SessionUpload): Promise<DriveItem> {
  const { total } = upload;
  const failed = new AbortController();
  const signal = AbortSignal.any([upload.signal, failed.signal]);
  const take = (start: number, after?: Promise<unknown>) =>
    upload.take({ size: Math.min(upload.fragmentSize.bytes, total - start), left: total - start, signal, after });
  let next = take(0);
  try {
    for (let start = 0; ; ) {
      const portion = await next;
      const place = { start, portion, total };
      start += portion.length;
      const isLast = start === total;
      const sending = sendPortion(() => session.send(place), { upload, portion, isLast });
      if (!isLast) {
        next = take(start, settled(sending));
        settled(next);
      }
      const item = await sending;
      if (item !== undefined) {
        return item;
      }
    }
  } catch (error) {
    failed.abort(error);
    // A portion that has been taken already will not be sent.
    void next.then(
      portion => portion.release(),
      () => {},
    );
    throw error;
  }
}

/** Resolves when `work` has ended, well or not. */
async function settled(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {});
}

/** Reports a lost session as a temporary failure: the session is missing, not the client's file. */
function sessionLost(cause: unknown): DriveError {
  return new DriveError('unavailable', 'OneDrive lost the upload session; send the file again', {
    retryAfterSeconds: LOST_RETRY_SECONDS,
    cause,
  });
}

/** The session of one upload. A lost one is replaced as long as all bytes sent are still in memory. */
class Session {
  readonly #graph: Graph;
  readonly #upload: SessionUpload;
  #open: { readonly url: string; readonly id: string } | undefined;
  #isAnew = false;

  constructor(graph: Graph, upload: SessionUpload) {
    this.#graph = graph;
    this.#upload = upload;
  }

  /** The id of the session in the state. */
  get id(): string {
    return this.#open?.id ?? '';
  }

  async open(): Promise<void> {
    const { place, conflict, times, signal, sessions } = this.#upload;
    const { url } = await createUploadSession(this.#graph.call, place, { conflict, times }, signal);
    this.#open = { url, id: await sessions.opened(url) };
  }

  /**
   * Sends a portion. If the session is unknown at the first portion, nothing is lost by opening another (Graph docs,
   * "Upload large files": start anew after 404), unless that portion may have committed the file: then the file is
   * checked.
   */
  async send(portion: PlacedPortion): Promise<SentFragment> {
    try {
      return await sendFragment(this.#graph, this.#open!.url, portion, this.#upload);
    } catch (error) {
      if (this.#isAnew || portion.start > 0 || !isItemAbsent(error) || mayBeDone(error)) {
        throw error;
      }
    }
    this.#isAnew = true;
    await this.cancel();
    await this.open();
    return sendFragment(this.#graph, this.#open!.url, portion, this.#upload);
  }

  /** Cancels the open session, now or later. */
  async cancel(): Promise<void> {
    const session = this.#open;
    this.#open = undefined;
    if (session !== undefined) {
      await cancel(this.#graph, { url: session.url, session: session.id }, this.#upload);
    }
  }
}

interface PlacedPortion {
  readonly start: number;
  readonly portion: Portion;
  readonly total: number;
}

interface SendingPortion {
  readonly upload: SessionUpload;
  readonly portion: Portion;
  readonly isLast: boolean;
}

/** Sends a portion and releases its memory; the last one commits and returns the file. */
async function sendPortion(
  send: () => Promise<SentFragment>,
  { upload, portion, isLast }: SendingPortion,
): Promise<DriveItem | undefined> {
  try {
    if (isLast) {
      const item = await upload.commit(() => commitProven({ ...upload, send: async () => (await send()).item }));
      portion.delivered();
      return item;
    }
    refuseEarlyEnd(await send());
    portion.delivered();
    return undefined;
  } finally {
    portion.release();
  }
}

/** Throws when the host reports a complete file after a part: it has the wrong length. */
function refuseEarlyEnd({ isComplete }: SentFragment): void {
  if (isComplete) {
    throw new GraphError('protocol', 'the upload host reports a complete file, but only a part was sent');
  }
}

/** The host's answer to a fragment; it does not always show the finished file. */
interface SentFragment {
  readonly isComplete: boolean;
  readonly item?: DriveItem | undefined;
}

/** Sends one fragment, resuming at the position that the host reports. */
async function sendFragment(
  graph: Graph,
  url: string,
  { start: first, portion, total }: PlacedPortion,
  { signal, fragmentSize }: SessionUpload,
): Promise<SentFragment> {
  const end = first + portion.length;
  for (let start = first; start < end; ) {
    const rest = { start, total, bytes: portion.body(start - first) };
    const outcome = await measured(graph, rest, fragmentSize, fragment => putOnce(graph, url, fragment, signal));
    if (!('nextStart' in outcome)) {
      return { isComplete: true, item: outcome.item };
    }
    if (outcome.nextStart <= start || outcome.nextStart > end) {
      throw new GraphError(
        'protocol',
        `cannot continue an upload: the host expects byte ${outcome.nextStart}, but ${start} to ${end} are available`,
      );
    }
    start = outcome.nextStart;
  }
  return { isComplete: false };
}

/** Lets the fragments that follow be as long as the line is fast. */
async function measured<T>(
  { clock }: Graph,
  fragment: Fragment,
  fragmentSize: FragmentSize,
  send: (fragment: Fragment) => Promise<T>,
): Promise<T> {
  const { length, open } = fragment.bytes;
  const startedAt: number[] = [];
  const bytes = {
    length,
    open: () => {
      startedAt.push(clock.now());
      return open();
    },
  };
  const outcome = await send({ ...fragment, bytes }).catch((error: unknown) => {
    if (isGraphError(error, 'network', 'timeout')) {
      fragmentSize.lost();
    }
    throw error;
  });
  // Further tries have waits among them that say nothing about the line.
  const [start, ...more] = startedAt;
  if (start !== undefined && more.length === 0) {
    fragmentSize.accepted(length, clock.now() - start);
  }
  return outcome;
}

async function putOnce(graph: Graph, url: string, fragment: Fragment, signal: AbortSignal): Promise<FragmentOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await putFragment(graph.callContent, url, fragment, signal);
    } catch (error) {
      if ((isGraphError(error, 'answer') && error.status === 416) || mayBeDone(error)) {
        return { nextStart: await askNextStart(graph, url, fragment, { signal, error }) };
      }
      if (!isItemAbsent(error) || fragment.start > 0 || attempt === NOT_YET_THERE_TRIES) {
        throw error;
      }
      await graph.clock.sleep(NOT_YET_THERE_PAUSE_MS, signal);
    }
  }
}

/**
 * Asks whether a fragment without a usable answer has arrived. Throws when the session is gone; throws `error` when the
 * host cannot tell.
 */
async function askNextStart(
  graph: Graph,
  url: string,
  { total }: Fragment,
  { signal, error }: { signal: AbortSignal; error: unknown },
): Promise<number> {
  return getNextStart(graph.callContent, url, total, signal).catch((failure: unknown) => {
    if (!(failure instanceof GraphError && isItemAbsent(failure))) {
      throw error;
    }
    // The fragment may have been the commit, which also ends the session.
    failure.mayBeDone = true;
    throw failure;
  });
}

async function cancel(
  graph: Graph,
  { url, session }: { url: string; session: string },
  { sessions, log }: SessionUpload,
): Promise<void> {
  try {
    await cancelUploadSession(graph.callContent, url, AbortSignal.timeout(CANCEL_TIMEOUT_MS));
    await sessions.closed(session);
  } catch (error) {
    if (isItemAbsent(error)) {
      await sessions.closed(session);
      return;
    }
    log.warn({ err: error }, 'could not cancel an upload session yet; will try again');
    sessions.leave(session);
  }
}
