import {
  askProgress,
  beginUpload,
  cancelUpload,
  commitUpload,
  hasContent,
  nextOffset,
  type Progress,
  type Session,
} from '../dav/direct-upload.ts';
import { errorOfStatus, RequestError } from '../dav/errors.ts';
import { FileHash } from './file-hash.ts';
import { FragmentPace } from './fragment-pace.ts';
import { isSuccess, type PutAnswer, putBytes } from './send-bytes.ts';
import type { Job, Sending, Transport } from './transport.ts';
import { unfinished } from './unfinished.ts';

/** A smaller file is one request through our server, and at least three without it. */
const MIN_BYTES = 4 * 1024 * 1024;
/** Sessions that a file may use up before it goes through our server. */
const MAX_SESSIONS = 3;
/** Fragments in a row without an answer, while our server answers: a proxy or an extension may block the host. */
const MAX_UNANSWERED = 2;
/** The session is gone, or its URL does not hold any more (Graph docs, "Upload large files", "Handle errors"). */
const GONE: readonly number[] = [401, 403, 404, 410];
/** OneDrive expects other bytes than these. */
const OUT_OF_STEP: readonly number[] = [409, 416];

/** What is known of a file on this way, between failures and pauses. */
interface Attempt {
  readonly job: Job;
  readonly hash: FileHash;
  readonly pace: FragmentPace;
  id: string | undefined;
  sessions: number;
  unanswered: number;
}

/** Where a session stands. */
interface Standing extends Omit<Session, 'id'> {
  readonly id: string;
  readonly offset: number;
}

/**
 * Sends large files straight to OneDrive, in fragments, where the server names that way; it commits them afterwards.
 * All others, and those whose way is blocked, go by another transport. After a failure, a pause or a reload a file goes
 * on from the bytes that OneDrive has.
 */
export class DirectTransport implements Transport {
  readonly #through: Transport;
  readonly #attempts = new WeakMap<File, Attempt>();
  readonly #blocked = new WeakSet<File>();
  /** Some fragment of this page has had an answer: the host is not blocked. */
  #isReached = false;
  #isBlocked = false;

  constructor(through: Transport) {
    this.#through = through;
  }

  async send(job: Job, sending: Sending): Promise<void> {
    const isLarge = job.mayGoDirect && job.file.size > MIN_BYTES;
    if (!isLarge || this.#isBlocked || this.#blocked.has(job.file)) {
      return this.#through.send(job, sending);
    }
    const attempt = this.#attemptAt(job);
    const end = await this.#sendDirect(attempt, sending);
    if (end === 'through') {
      this.abandon(job.file);
      this.#blocked.add(job.file);
      return this.#through.send(job, sending);
    }
    unfinished.forget(job);
    this.#attempts.delete(job.file);
  }

  abandon(file: File): void {
    const attempt = this.#attempts.get(file);
    this.#attempts.delete(file);
    if (attempt !== undefined) {
      unfinished.forget(attempt.job);
      if (attempt.id !== undefined) {
        cancelUpload(attempt.job.href, attempt.id);
      }
    }
    this.#through.abandon(file);
  }

  /** What is known of this file for this place. Another name or condition is another upload. */
  #attemptAt(job: Job): Attempt {
    const known = this.#attempts.get(job.file);
    if (known?.job.href === job.href && JSON.stringify(known.job.condition) === JSON.stringify(job.condition)) {
      return known;
    }
    this.abandon(job.file);
    const id = unfinished.idOf(job);
    const attempt: Attempt = {
      ...{ job, id, hash: new FileHash(job.file), pace: new FragmentPace() },
      ...{ sessions: 0, unanswered: 0 },
    };
    this.#attempts.set(job.file, attempt);
    return attempt;
  }

  async #sendDirect(attempt: Attempt, sending: Sending): Promise<'stored' | 'through'> {
    const { signal } = sending;
    for (;;) {
      const standing = (await this.#resume(attempt, sending)) ?? (await this.#begin(attempt, signal));
      if (typeof standing === 'string') {
        return standing;
      }
      const end = await this.#sendAll(attempt, standing, sending);
      if (end === 'through') {
        return end;
      }
      if (end === 'sent' && (await commit(attempt, standing.id, signal))) {
        return 'stored';
      }
      // The session is over: the next turn asks what has become of it.
    }
  }

  /** Goes on with a session; `stored` when it has become the file. Undefined when there is none. */
  async #resume(attempt: Attempt, { signal, onProgress }: Sending): Promise<Standing | 'stored' | undefined> {
    const { job, id } = attempt;
    if (id === undefined) {
      return undefined;
    }
    const progress = await askProgress(job.href, id, signal);
    if (progress !== undefined) {
      const standing = standingOf(id, progress, job);
      onProgress(standing.offset);
      return standing;
    }
    attempt.id = undefined;
    unfinished.forget(job);
    const hash = () => attempt.hash.digest(signal);
    return (await hasContent(job.href, { size: job.file.size, hash }, signal)) ? 'stored' : undefined;
  }

  async #begin(attempt: Attempt, signal: AbortSignal): Promise<Standing | 'through'> {
    const { job } = attempt;
    const { size, lastModified } = job.file;
    attempt.sessions += 1;
    if (attempt.sessions > MAX_SESSIONS) {
      return 'through';
    }
    // As a PUT says it, in whole seconds.
    const modified = new Date(Math.floor(lastModified / 1000) * 1000).toISOString();
    const session = await beginUpload(job.href, { size, modified, condition: job.condition }, signal);
    if (session === undefined) {
      return 'through';
    }
    attempt.id = session.id;
    unfinished.keep(job, session);
    return { ...session, offset: 0 };
  }

  /** Sends what is missing. `gone`: the session has ended meanwhile. */
  async #sendAll(attempt: Attempt, standing: Standing, sending: Sending): Promise<'sent' | 'gone' | 'through'> {
    const { job, pace, hash } = attempt;
    let { offset } = standing;
    while (offset < job.file.size) {
      const end = Math.min(job.file.size, offset + pace.next(standing));
      await hash.upTo(end, sending.signal);
      const began = performance.now();
      const answer = await this.#sendFragment(attempt, { url: standing.url, start: offset, end }, sending);
      if (answer === 'through' || GONE.includes(answer.status)) {
        return answer === 'through' ? answer : 'gone';
      }
      if (isSuccess(answer)) {
        pace.sent(end - offset, performance.now() - began);
        offset = end;
        sending.onKept();
      } else if (OUT_OF_STEP.includes(answer.status)) {
        const next = await askProgress(job.href, standing.id, sending.signal);
        if (next === undefined) {
          return 'gone';
        }
        offset = otherOffset(offset, nextOffset(next.nextExpectedRanges, job.file.size));
      } else {
        pace.lost();
        throw errorOfStatus(answer.status, answer.retryAfter);
      }
    }
    return 'sent';
  }

  /** Throws `offline` when there is no answer, and there may be one later. */
  async #sendFragment(
    attempt: Attempt,
    { url, start, end }: { readonly url: string; readonly start: number; readonly end: number },
    { signal, onProgress }: Sending,
  ): Promise<PutAnswer | 'through'> {
    const { file } = attempt.job;
    const headers = { 'Content-Range': `bytes ${start}-${end - 1}/${file.size}` };
    const report = (bytes: number) => onProgress(start + bytes);
    try {
      const answer = await putBytes({ url, headers, body: file.slice(start, end) }, { signal, onProgress: report });
      this.#isReached = true;
      attempt.unanswered = 0;
      return answer;
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
      attempt.pace.lost();
      attempt.unanswered += 1;
      if (!this.#isReached && attempt.unanswered >= MAX_UNANSWERED) {
        this.#isBlocked = true;
        return 'through';
      }
      throw error;
    }
  }
}

function standingOf(id: string, { nextExpectedRanges, ...session }: Progress, { file }: Job): Standing {
  return { ...session, id, offset: nextOffset(nextExpectedRanges, file.size) };
}

/** An earlier request of ours may still be ending at OneDrive: then the same offset is right a moment later. */
function otherOffset(tried: number, expected: number): number {
  if (expected === tried) {
    throw new RequestError('busy');
  }
  return expected;
}

/** Makes the file. False when the session is over. */
async function commit({ job, hash }: Attempt, id: string, signal: AbortSignal): Promise<boolean> {
  const quickXorHash = await hash.digest(signal);
  return commitUpload(job.href, { id, quickXorHash }, signal);
}
