import { useEffect, useState } from 'preact/hooks';
import { asRequestError, isAbort } from '../dav/errors.ts';
import { sayError } from '../words/words.ts';

export interface Answer<T> {
  /** Undefined until it is there. */
  readonly value: T | undefined;
  /** Why there is none, in words. */
  readonly problem: string | undefined;
  /** Asks once more; the last value stays until there is another one. */
  readonly again: () => void;
}

/** Asks the server when a part of the page is first shown, and when `key` is another one. */
export function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const [value, setValue] = useState<T>();
  const [problem, setProblem] = useState<string>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    const fail = (error: unknown) => {
      if (!isAbort(error)) {
        setProblem(sayError(asRequestError(error).code));
      }
    };
    ask(abort.signal).then(given => {
      setProblem(undefined);
      setValue(given);
    }, fail);
    return () => abort.abort();
  }, [key, turn]);
  return { value, problem, again: () => setTurn(turn + 1) };
}
