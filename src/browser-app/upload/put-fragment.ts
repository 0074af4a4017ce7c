import { errorOfStatus, RequestError } from '../dav/errors.ts';
import type { Sending } from './transport.ts';

export interface FragmentPlace extends Sending {
  /** The offset in the file. */
  readonly start: number;
  /** The size of the file. */
  readonly total: number;
}

/**
 * Sends one fragment to OneDrive (Graph docs, "Upload large files with an upload session"), without credentials. Throws
 * RequestError; what the session has then must be asked for: an answer that is lost says nothing.
 */
export function putFragment(
  url: string,
  part: Blob,
  { start, total, signal, onProgress }: FragmentPlace,
): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.setRequestHeader('Content-Range', `bytes ${start}-${start + part.size - 1}/${total}`);
    const abort = () => request.abort();
    signal.addEventListener('abort', abort);
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', abort);
      settle();
    };
    request.upload.onprogress = ({ loaded }) => onProgress(start + Math.min(loaded, part.size));
    request.onload = () => end(() => (request.status === 202 ? resolve() : reject(errorOf(request))));
    request.onerror = () => end(() => reject(new RequestError('offline')));
    request.onabort = () => end(() => reject(new DOMException('given up', 'AbortError')));
    request.send(part);
  });
}

/** A refused range or a lost session is no failure of the file: the next try asks what is missing. */
function errorOf({ status }: XMLHttpRequest): RequestError {
  return [404, 409, 416].includes(status) ? new RequestError('busy', { status }) : errorOfStatus(status, null);
}
