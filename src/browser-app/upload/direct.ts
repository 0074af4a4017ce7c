import { QuickXorHash } from '../../lib/quick-xor-hash.ts';
import { RequestError } from '../dav/errors.ts';
import { ask } from '../dav/methods.ts';
import { type KeptUpload, keepUpload, keptUpload } from './kept-uploads.ts';
import { isStored } from './put.ts';
import { putFragment } from './put-fragment.ts';
import type { Job, Sending, Transport } from './transport.ts';

/** The server sends smaller files through itself. */
const MIN_BYTES = 4 * 1024 * 1024;
/** Long enough for a fast line, and not much to lose on a slow one. */
const FRAGMENT_BYTES = 32 * 320 * 1024;

type Way = { readonly way: 'through' } | ({ readonly way: 'direct'; readonly max: number } & KeptUpload);

export interface DirectTransportOptions {
  /** Takes the files that do not go straight to OneDrive. */
  readonly through: Transport;
  /** Tells whether the folder that is shown offers it. */
  readonly isOffered: () => boolean;
}

/**
 * Sends large files straight to OneDrive (decision 35): the server opens the upload and commits it. A file that was sent
 * in part goes on where it was, also after a reload of the page.
 */
export class DirectTransport implements Transport {
  readonly #options: DirectTransportOptions;
  /** Where files that are under way go to. */
  readonly #jobs = new WeakMap<File, Job>();
  /** Files whose commit has got no answer: they may be stored. */
  readonly #unsure = new WeakSet<File>();

  constructor(options: DirectTransportOptions) {
    this.#options = options;
  }

  async send(job: Job, sending: Sending): Promise<void> {
    const { through, isOffered } = this.#options;
    if (job.file.size <= MIN_BYTES || !isOffered()) {
      return through.send(job, sending);
    }
    const { signal } = sending;
    if (this.#unsure.has(job.file) && (await isStored(job, signal))) {
      keepUpload(job, undefined);
      return;
    }
    const begun = (await resume(job, signal)) ?? (await open(job, signal));
    if (begun === undefined) {
      return through.send(job, sending);
    }
    this.#jobs.set(job.file, job);
    await this.#commit(job, begun.upload, { hash: await sendAll(job, begun, sending), signal });
    this.#jobs.delete(job.file);
  }

  abandon(file: File): void {
    const job = this.#jobs.get(file);
    const kept = job && keptUpload(job);
    this.#options.through.abandon(file);
    if (job !== undefined && kept !== undefined) {
      keepUpload(job, undefined);
      // Without it, OneDrive forgets the bytes by itself, later.
      ask(job.href, 'upload-cancel', { input: { id: kept.id } }).catch(() => {});
    }
  }

  async #commit(job: Job, { id }: KeptUpload, { hash, signal }: { hash: string; signal: AbortSignal }): Promise<void> {
    try {
      await ask(job.href, 'upload-commit', { input: { id, quickXorHash: hash }, headers: matching(job), signal });
    } catch (error) {
      const isPassing = error instanceof RequestError && error.isPassing;
      if (isPassing) {
        this.#unsure.add(job.file);
      } else {
        keepUpload(job, undefined);
      }
      throw error;
    }
    keepUpload(job, undefined);
  }
}

interface Begun {
  readonly upload: KeptUpload;
  /** The first byte that OneDrive does not have. */
  readonly start: number;
}

/** Goes on with an upload of the same file; undefined when there is none any more. */
async function resume(job: Job, signal: AbortSignal): Promise<Begun | undefined> {
  const upload = keptUpload(job);
  if (upload === undefined) {
    return undefined;
  }
  try {
    return { upload, start: await nextStart(job, upload, signal) };
  } catch (error) {
    if (error instanceof RequestError && error.code === 'not-found') {
      keepUpload(job, undefined);
      return undefined;
    }
    throw error;
  }
}

/** Opens an upload; undefined when the file must go through the server. */
async function open(job: Job, signal: AbortSignal): Promise<Begun | undefined> {
  const { file, href, condition } = job;
  const input = {
    size: file.size,
    modified: new Date(file.lastModified).toISOString(),
    conflict: condition.kind === 'absent' ? 'fail' : 'replace',
  };
  const answer = await ask<Way>(href, 'upload', { input, headers: matching(job), signal });
  if (answer.way === 'through') {
    return undefined;
  }
  const upload = { id: answer.id, url: answer.url };
  keepUpload(job, upload);
  return { upload, start: 0 };
}

function matching({ condition }: Job): Record<string, string> {
  return condition.kind === 'version' ? { 'If-Match': `"${condition.etag}"` } : {};
}

async function nextStart({ href, file }: Job, { id }: KeptUpload, signal: AbortSignal): Promise<number> {
  const { nextExpectedRanges: ranges } = await ask<{ nextExpectedRanges: readonly string[] }>(href, 'upload-status', {
    input: { id },
    signal,
  });
  return ranges[0] === undefined ? file.size : Number.parseInt(ranges[0], 10);
}

/** Sends what is missing; returns the hash of the whole file. */
async function sendAll(job: Job, { upload, start: first }: Begun, sending: Sending): Promise<string> {
  const { file } = job;
  const hash = new QuickXorHash();
  for (let start = 0; start < file.size; ) {
    sending.signal.throwIfAborted();
    const end = Math.min(start < first ? Math.min(first, start + FRAGMENT_BYTES) : start + FRAGMENT_BYTES, file.size);
    const part = file.slice(start, end);
    // What OneDrive has already is read again for its hash.
    hash.update(new Uint8Array(await part.arrayBuffer()));
    if (start >= first) {
      await putFragment(upload.url, part, { start, total: file.size, ...sending });
    }
    start = end;
    sending.onProgress(Math.max(start, Math.min(first, file.size)));
  }
  return hash.digest();
}
