import { LOGIN_OPERATIONS } from './faults.ts';

/** Milliseconds before an answer, optionally with an addition for each MiB of the request's body. */
export type Delay = number | { readonly base: number; readonly perMiB: number };

/** By operation, by kind of host (`login`, `graph`, `content`), and `default` for the rest. */
export type Latency = Readonly<Record<string, Delay>>;

export type HostKind = 'login' | 'graph' | 'content';

const MEBIBYTE = 1024 ** 2;

/** Tells whether it is an operation of a content host: pre-authenticated URLs. */
export function isContentOperation(operation: string): boolean {
  return operation === 'download' || operation === 'copy-monitor' || /^upload-(?:fragment|session)/.test(operation);
}

export function hostKindOf(operation: string): HostKind {
  if (LOGIN_OPERATIONS.includes(operation)) {
    return 'login';
  }
  return isContentOperation(operation) ? 'content' : 'graph';
}

/** Returns the delay of an answer in milliseconds; `bytes` is the length of the request's body. */
export function latencyOf(latency: Latency, operation: string, bytes: number): number {
  const found = latency[operation] ?? latency[hostKindOf(operation)] ?? latency.default ?? 0;
  return typeof found === 'number' ? found : found.base + (found.perMiB * bytes) / MEBIBYTE;
}
