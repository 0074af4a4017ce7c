import { RequestError } from '../dav/errors.ts';
import type { Sending } from './transport.ts';

interface Put {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
}

/** An answer, whatever its status. */
export interface PutAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

/**
 * PUTs bytes and tells how many have left: `fetch` does not tell it, XMLHttpRequest does. Another host gets no cookies
 * and no credentials (XMLHttpRequest standard, `withCredentials`). Throws `offline` without an answer; AbortError.
 */
export function putBytes(
  { url, headers, body }: Put,
  { signal, onProgress }: Pick<Sending, 'signal' | 'onProgress'>,
): Promise<PutAnswer> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    // Else an answer without a type is parsed as XML, and Firefox complains about it.
    request.responseType = 'text';
    for (const [name, value] of Object.entries(headers)) {
      request.setRequestHeader(name, value);
    }
    const abort = () => request.abort();
    signal.addEventListener('abort', abort);
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', abort);
      settle();
    };
    request.upload.onprogress = ({ loaded }) => onProgress(Math.min(loaded, body.size));
    request.onload = () => end(() => resolve(answerOf(request)));
    request.onerror = () => end(() => reject(new RequestError('offline')));
    request.onabort = () => end(() => reject(new DOMException('given up', 'AbortError')));
    request.send(body);
  });
}

export function isSuccess({ status }: PutAnswer): boolean {
  return status >= 200 && status < 300;
}

function answerOf(request: XMLHttpRequest): PutAnswer {
  const { status, responseText: text } = request;
  return { status, text, retryAfter: request.getResponseHeader('retry-after') };
}
