import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Trace } from '../lib/trace.ts';

/** The trace of a request, which ends with its answer. */
export interface RequestTrace extends Trace {
  end(answer: { readonly status: number; readonly isAborted: boolean }): void;
}

/** Begins the trace of a request, before anything else is done for it. */
export type BeginTrace = (request: IncomingMessage) => RequestTrace;

/** Begins a trace that ends when the answer is closed. */
export function traceUntilClosed(begin: BeginTrace, request: IncomingMessage, response: ServerResponse): Trace {
  const trace = begin(request);
  response.once('close', () => {
    trace.end({ status: response.headersSent ? response.statusCode : 0, isAborted: !response.writableFinished });
  });
  return trace;
}
