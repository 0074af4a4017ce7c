import type { Place } from './locks.ts';

/**
 * The changes that have passed their last look at the locks and are not done yet. A new lock waits for those that it would have stopped:
 * once a client has its lock nothing of anybody else's still lands under it.
 */
export class ChangesUnderWay {
  readonly #running = new Map<symbol, { readonly places: readonly Place[]; readonly done: Promise<void> }>();

  /** Notes a change of what is at `places` and below; the function that comes back ends it. */
  begin(places: readonly Place[]): () => void {
    const key = Symbol('change');
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#running.set(key, { places, done });
    return () => {
      this.#running.delete(key);
      resolve();
    };
  }

  /** Resolves when the changes above, at or below `place` that are under way now have ended; true when there were any. */
  async settled(place: Place): Promise<boolean> {
    const inTheWay = [...this.#running.values()].filter(({ places }) => places.some(each => overlaps(each, place)));
    await Promise.all(inTheWay.map(({ done }) => done));
    return inTheWay.length > 0;
  }
}

function overlaps(one: Place, other: Place): boolean {
  const [shorter, longer] = one.length <= other.length ? [one, other] : [other, one];
  return shorter.every((name, index) => name === longer[index]);
}
