import { AsyncLocalStorage } from 'node:async_hooks';
import type { Trace } from './trace.ts';

/** The user for whom work is done, and the connection that waits for it. */
export interface Caller {
  readonly user: string;
  /** Identifies the connection; two connections of one user are served in turn. */
  readonly connection: object;
  /** Undefined: nobody traces. */
  readonly trace?: Trace | undefined;
}

const callers = new AsyncLocalStorage<Caller>();
const requestIds = new AsyncLocalStorage<string>();

/** Runs `work`; the lines that it logs, and all that it starts, have this id. */
export function runAsRequest<T>(id: string, work: () => T): T {
  return requestIds.run(id, work);
}

/** Returns the id of the request that is being served; undefined for the server's own work. */
export function currentRequestId(): string | undefined {
  return requestIds.getStore();
}

/** Runs `work`; everything that it starts is done for `caller`. */
export function runFor<T>(caller: Caller, work: () => T): T {
  return callers.run(caller, work);
}

/** Returns the current caller; undefined for the server's own work. */
export function currentCaller(): Caller | undefined {
  return callers.getStore();
}

/** Everything that `work` starts counts as the server's own work, not as that of the current caller. */
export function runForNobody<T>(work: () => T): T {
  return requestIds.exit(() => callers.exit(work));
}
