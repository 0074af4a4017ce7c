import type { IncomingMessage } from 'node:http';
import type { Trace } from '../lib/trace.ts';

/** The trace of a request, which ends with its answer. */
export interface RequestTrace extends Trace {
  end(answer: { readonly status: number; readonly isAborted: boolean }): void;
}

/** Begins the trace of a request, before anything else is done for it. */
export type BeginTrace = (request: IncomingMessage) => RequestTrace;
