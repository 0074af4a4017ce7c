import { useEffect, useState } from 'preact/hooks';
import type { Entry } from '../../dav/entry.ts';
import { asRequestError, isAbort } from '../../dav/errors.ts';
import { viewHref } from '../../dav/href.ts';
import { send } from '../../dav/methods.ts';
import { hrefOf } from '../../state/navigation.ts';
import { say, sayError } from '../../words/words.ts';

/** Reads a file's bytes through the server, and keeps what `read` makes of them. Undefined while they come. */
export function useContent<T>(
  entry: Entry,
  {
    read,
    headers = {},
    onFail,
  }: { read: (response: Response) => Promise<T>; headers?: Record<string, string>; onFail: (reason: string) => void },
): T | undefined {
  const [content, setContent] = useState<T>();
  useEffect(() => {
    const abort = new AbortController();
    send('GET', viewHref(hrefOf(entry), 'content'), { headers, signal: abort.signal })
      .then(read)
      .then(setContent)
      .catch((error: unknown) => {
        if (!isAbort(error)) {
          const { code } = asRequestError(error);
          onFail(code === 'too-large' ? say('previewTooLarge') : sayError(code));
        }
      });
    return () => abort.abort();
  }, []);
  return content;
}
