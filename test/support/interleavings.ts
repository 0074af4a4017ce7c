import { setImmediate as nextTurn } from 'node:timers/promises';
import { currentCaller } from '../../src/lib/caller.ts';

type Doing = 'running' | 'blocked' | 'done' | { readonly goOn: () => void };

/**
 * A stage on which requests of several users run, each of which stops at every step that others can see. Between two
 * steps only one of them runs, and the script says which; so all orders of their steps can be played, one after the
 * other.
 */
export class Stage {
  readonly #doing = new Map<string, Doing>();
  #changed = Promise.withResolvers<void>();

  /** Waits for its turn; a user who is not on stage goes on at once. */
  async step(): Promise<void> {
    const user = this.#user();
    if (user !== undefined) {
      await new Promise<void>(goOn => this.#set(user, { goOn }));
    }
  }

  /** Waits for work of others, and does not count as running meanwhile. */
  async wait<T>(work: () => Promise<T>): Promise<T> {
    const user = this.#user();
    if (user === undefined) {
      return work();
    }
    this.#set(user, 'blocked');
    try {
      return await work();
    } finally {
      this.#set(user, 'running');
    }
  }

  /**
   * Plays `acts`, by user. `choose`: which of the users that could go on does so. Throws when nobody can and not all
   * are done.
   */
  async play(
    acts: Readonly<Record<string, () => Promise<void>>>,
    choose: (candidates: readonly string[]) => string,
  ): Promise<void> {
    for (const user of Object.keys(acts)) {
      this.#doing.set(user, 'running');
    }
    const all = Promise.all(Object.entries(acts).map(([user, act]) => act().finally(() => this.#set(user, 'done'))));
    for (;;) {
      await this.#quiet();
      const candidates = [...this.#doing].flatMap(([user, doing]) => (typeof doing === 'object' ? [user] : []));
      if (candidates.length === 0) {
        break;
      }
      const user = choose(candidates.sort());
      const { goOn } = this.#doing.get(user) as { goOn: () => void };
      this.#set(user, 'running');
      goOn();
    }
    if ([...this.#doing.values()].includes('blocked')) {
      throw new Error('they wait for each other');
    }
    this.#doing.clear();
    await all;
  }

  /**
   * Resolves when no user runs. A wait for others in this process ends within one turn of the event loop, if at all.
   */
  async #quiet(): Promise<void> {
    for (;;) {
      while ([...this.#doing.values()].includes('running')) {
        await this.#changed.promise;
      }
      const seen = this.#changed;
      await nextTurn();
      await nextTurn();
      if (seen === this.#changed) {
        return;
      }
    }
  }

  #user(): string | undefined {
    const user = currentCaller()?.user;
    return user !== undefined && this.#doing.has(user) ? user : undefined;
  }

  #set(user: string, doing: Doing): void {
    this.#doing.set(user, doing);
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}

/**
 * Calls `play` with one chooser after the other until every order of choices has been taken; gives how many there were.
 */
export async function inAllOrders(
  play: (choose: (candidates: readonly string[]) => string) => Promise<void>,
): Promise<number> {
  let path: { readonly index: number; readonly of: number }[] = [];
  for (let run = 1; ; run += 1) {
    let depth = 0;
    await play(candidates => {
      path[depth] ??= { index: 0, of: candidates.length };
      const { index, of } = path[depth]!;
      if (of !== candidates.length) {
        throw new Error('the same steps have led elsewhere');
      }
      depth += 1;
      return candidates[index]!;
    });
    path = path.slice(0, path.findLastIndex(({ index, of }) => index < of - 1) + 1);
    const last = path.pop();
    if (last === undefined) {
      return run;
    }
    path.push({ ...last, index: last.index + 1 });
  }
}
