import { GraphError } from './errors.ts';

/** One try of a request to Microsoft. */
export interface ObservedTry {
  /** Of `operationOf`, or of a content host: bounded, and without any name or id. */
  readonly operation: string;
  /** 0: no answer came. */
  readonly status: number;
  /** Its caller has gone before the answer. */
  readonly isAborted: boolean;
  readonly seconds: number;
  /** By lower-case name; undefined without an answer. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** Why a request is sent again. */
export type RetryCause = 'throttled' | 'broken' | 'unreachable' | 'busy' | 'absent';

/** What a token request has led to: the kind of the error, if it failed. */
export type TokenOutcome = 'issued' | GraphError['kind'];

/** A call as a part of a trace. */
export interface CallSpan {
  /** Headers to send with the call, such as `traceparent`. */
  readonly headers: Readonly<Record<string, string>>;
  /** One try has ended. */
  tried(status: number): void;
  /** Must be called once. */
  end(error: unknown): void;
}

/**
 * Is told of the requests to Microsoft for one tenant. Its functions must be cheap and must not throw. Everything that
 * it gets is free of the names of people and files.
 */
export interface GraphObserver {
  tried(one: ObservedTry): void;
  retried(cause: RetryCause): void;
  /** Microsoft has asked for silence for `seconds`. */
  silenced(seconds: number, status: number): void;
  /** A token was asked for, and not taken from memory. `expires`: milliseconds since 1970. */
  askedForToken(outcome: TokenOutcome, expires?: number): void;
  /** Begins a call of a trace; undefined: nobody traces. */
  begin(operation: string): CallSpan | undefined;
}

/** For commands, which nobody observes. */
export const NO_OBSERVER: GraphObserver = {
  tried: () => {},
  retried: () => {},
  silenced: () => {},
  askedForToken: () => {},
  begin: () => undefined,
};

/** Runs one logical call as a part of a trace, if somebody traces. */
export async function inSpan<T>(
  observer: GraphObserver,
  operation: string,
  work: (span: CallSpan | undefined) => Promise<T>,
): Promise<T> {
  const span = observer.begin(operation);
  if (span === undefined) {
    return work(undefined);
  }
  try {
    const result = await work(span);
    span.end(undefined);
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

/** Tells `observer` of one try; `send` resolves with the answer, or throws an error that may have a status. */
export async function observeTry<T extends { readonly status: number; readonly headers: Record<string, string> }>(
  { observer, operation, span }: { observer: GraphObserver; operation: string; span: CallSpan | undefined },
  send: () => Promise<T>,
): Promise<T> {
  const before = performance.now();
  const ended = (status: number, headers: ObservedTry['headers'], isAborted = false) => {
    observer.tried({ operation, status, isAborted, seconds: (performance.now() - before) / 1000, headers });
    span?.tried(status);
  };
  try {
    const answer = await send();
    ended(answer.status, answer.headers);
    return answer;
  } catch (error) {
    ended(0, undefined, error instanceof GraphError && error.kind === 'aborted');
    throw error;
  }
}
