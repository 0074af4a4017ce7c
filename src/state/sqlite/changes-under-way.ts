import { isAtOrBelow, type Place } from '../place.ts';

interface Change {
  readonly places: readonly Place[];
  readonly done: Promise<void>;
}

/**
 * The changes that have passed their last lock check and are not done yet. A new lock waits for those that it would
 * have stopped: once a client has its lock, no other client's change lands under it. It is process-wide and not shared:
 * a part of the SQLite engine, behind `LockStore`. A shared engine keeps its claims where it keeps its locks.
 */
export class ChangesUnderWay {
  readonly #running = new Map<symbol, Change>();

  /** Notes a change at and below `places`; the returned function ends it. */
  begin(places: readonly Place[]): () => void {
    const key = Symbol('change');
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#running.set(key, { places, done });
    return () => {
      this.#running.delete(key);
      resolve();
    };
  }

  /** Returns true when anything above, at or below `place` is being changed. */
  isAny(place: Place): boolean {
    return this.#inTheWayOf(place).length > 0;
  }

  /** Resolves when the changes above, at or below `place` that are under way now have ended. */
  async settled(place: Place): Promise<void> {
    await Promise.all(this.#inTheWayOf(place).map(({ done }) => done));
  }

  #inTheWayOf(place: Place): Change[] {
    return [...this.#running.values()].filter(({ places }) => places.some(each => overlaps(each, place)));
  }
}

function overlaps(one: Place, other: Place): boolean {
  return isAtOrBelow(one, other) || isAtOrBelow(other, one);
}
