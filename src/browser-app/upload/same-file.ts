import { hasContent } from '../dav/direct-upload.ts';
import { RequestError } from '../dav/errors.ts';
import { send } from '../dav/methods.ts';
import { FileHash } from './file-hash.ts';
import type { Job } from './transport.ts';

/** A time in whole seconds, as the server has it. */
export function secondsOf(file: File): number {
  return Math.floor(file.lastModified / 1000);
}

/** True when the target has the size and the time of the file: after an answer that was lost, it is that file. */
export async function isStored({ file, href }: Job, signal: AbortSignal): Promise<boolean> {
  const found = await findHead(href, signal);
  const modified = Date.parse(found?.get('last-modified') ?? '');
  return Number(found?.get('content-length')) === file.size && modified === secondsOf(file) * 1000;
}

/**
 * Whether what is in the way of an upload is this very file. When a connection breaks before the answer, a browser may
 * send a request again by itself (RFC 9110 §9.2.2; Chromium and Firefox do), and the page hears only that the second one
 * was refused. What cannot be found out is another file.
 */
export async function isSame(job: Job, signal: AbortSignal): Promise<boolean> {
  const { file, href } = job;
  const hash = () => new FileHash(file).digest(signal);
  try {
    return (await isStored(job, signal)) && (await hasContent(href, { size: file.size, hash }, signal));
  } catch {
    return false;
  }
}

/** The headers of the target; undefined when there is none. Throws RequestError. */
export async function findHead(href: string, signal: AbortSignal): Promise<Headers | undefined> {
  try {
    return (await send('HEAD', href, { signal })).headers;
  } catch (error) {
    if (error instanceof RequestError && error.code === 'not-found') {
      return undefined;
    }
    throw error;
  }
}
