import { AsyncLocalStorage } from 'node:async_hooks';

/** The person for whom something is done, and the connection that waits for it. */
export interface Caller {
  readonly user: string;
  /** Tells connections apart; two of one person are served in turns. */
  readonly connection: object;
}

const callers = new AsyncLocalStorage<Caller>();

/** Everything that `work` starts is done for `caller`. */
export function runFor<T>(caller: Caller, work: () => T): T {
  return callers.run(caller, work);
}

/** For whom this is done; undefined for what the server does by itself. */
export function currentCaller(): Caller | undefined {
  return callers.getStore();
}

/** Everything that `work` starts is done by the server itself, whoever has caused it. */
export function runForNobody<T>(work: () => T): T {
  return callers.exit(work);
}
