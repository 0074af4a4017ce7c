import { errorOfStatus, RequestError } from '../dav/errors.ts';
import { urlOf } from '../dav/href.ts';
import { findHead, isStored, secondsOf } from './same-file.ts';
import { isSuccess, putBytes } from './send-bytes.ts';
import type { Condition, Job, Sending, Transport } from './transport.ts';

/** From this size on the target is looked at before: a refusal would come only after the bytes. */
const LOOK_BYTES = 256 * 1024;

/** Sends a file through our server, in one PUT. After a failure it begins anew: nothing is stored by halves. */
export class PutTransport implements Transport {
  /** Files whose answer was lost: they may be stored. */
  readonly #unsure = new WeakSet<File>();

  async send(job: Job, sending: Sending): Promise<void> {
    if (this.#unsure.has(job.file) && (await isStored(job, sending.signal))) {
      return;
    }
    if (job.condition.kind === 'absent' && job.file.size >= LOOK_BYTES) {
      await refuseTaken(job.href, sending.signal);
    }
    try {
      await put(job, sending);
    } catch (error) {
      if (error instanceof RequestError && error.isPassing) {
        this.#unsure.add(job.file);
      }
      throw error;
    }
  }

  abandon(): void {
    // Nothing is left behind.
  }
}

async function put({ file, href, condition }: Job, sending: Sending): Promise<void> {
  const answer = await putBytes({ url: urlOf(href), headers: headersOf(file, condition), body: file }, sending);
  if (!isSuccess(answer)) {
    throw errorOfStatus(answer.status, answer.retryAfter);
  }
}

function headersOf(file: File, condition: Condition): Record<string, string> {
  return {
    ...(condition.kind === 'absent' ? { 'If-None-Match': '*' } : { 'If-Match': `"${condition.etag}"` }),
    'Content-Type': file.type === '' ? 'application/octet-stream' : file.type,
    'X-OC-Mtime': String(secondsOf(file)),
  };
}

async function refuseTaken(href: string, signal: AbortSignal): Promise<void> {
  if ((await findHead(href, signal)) !== undefined) {
    throw new RequestError('precondition', { status: 412 });
  }
}
