import { isDiskFull } from '../lib/disk-full.ts';
import { isDamaged } from '../state/sqlite/state-error.ts';
import type { State } from '../state/state.ts';
import { StateUnavailable } from '../state/state-unavailable.ts';
import type { Health } from './health.ts';

/** Primary result codes of SQLite that tell of the file, and not of one statement (sqlite.org/rescode.html). */
const LOCKED = [5, 6];
const UNWRITABLE = [3, 8, 10, 14];

/** Notices when the state fails, whichever part of the server uses it. */
export class StateWatch {
  readonly #health: Pick<Health, 'note'>;
  /** What is damaged stays so until it is repaired, for which the server must stop. */
  #isDamaged = false;
  /** The database did not answer when it was last asked. */
  #isAway = false;

  constructor(health: Pick<Health, 'note'>) {
    this.#health = health;
  }

  /** Returns the same state; failures of its stores are noted. */
  watch({ peers, ...state }: State): State {
    // Peers are asked at each request, and never fail.
    const entries = Object.entries(state).map(([name, part]) => [
      name,
      typeof part === 'object' ? this.#watchStore(part) : part,
    ]);
    return { ...(Object.fromEntries(entries) as Omit<State, 'peers'>), peers };
  }

  /** Returns true since the database did not answer, until a look has found it again. Stores may answer from memory. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Writes in the state, and notes whether that works. Never rejects; returns true when it does. */
  async look({ check }: Pick<State, 'check'>): Promise<boolean> {
    try {
      await check();
    } catch (error) {
      this.#failed(error);
      return false;
    }
    this.#isAway = false;
    return !this.#isDamaged;
  }

  #watchStore<T extends object>(store: T): T {
    const tell = (error: unknown) => this.#failed(error);
    const watched = new Map<PropertyKey, unknown>();
    return new Proxy(store, {
      get: (target, key) => {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') {
          return value;
        }
        const known = watched.get(key) ?? watchCalls(value.bind(target) as (...args: unknown[]) => unknown, tell);
        watched.set(key, known);
        return known;
      },
    });
  }

  #failed(error: unknown): void {
    const reason = reasonOf(error);
    this.#isAway ||= error instanceof StateUnavailable;
    if (reason !== undefined) {
      this.#isDamaged ||= isDamaged(error);
      this.#health.note({ part: 'state', reason, cause: `${reason}: ${(error as Error).message}` });
    }
  }
}

function watchCalls(call: (...args: unknown[]) => unknown, tell: (error: unknown) => void) {
  return (...args: unknown[]) => {
    try {
      const result = call(...args);
      if (result instanceof Promise) {
        result.catch(tell);
      }
      return result;
    } catch (error) {
      tell(error);
      throw error;
    }
  };
}

/** Returns what is wrong with the state, for anybody; undefined: the error is about one statement, or none of SQLite's. */
function reasonOf(error: unknown): string | undefined {
  if (isDiskFull(error)) {
    return 'the disk of the data folder is full';
  }
  if (isDamaged(error)) {
    return 'the state is damaged';
  }
  if (error instanceof StateUnavailable) {
    return 'the database of the state does not answer';
  }
  const { errcode = 0 } = (error ?? {}) as { errcode?: number };
  if (LOCKED.includes(errcode & 0xff)) {
    return 'another program has locked the state';
  }
  return UNWRITABLE.includes(errcode & 0xff) ? 'the state cannot be written' : undefined;
}
