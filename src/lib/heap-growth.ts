import { setFlagsFromString } from 'node:v8';

/** From so many remembered names on, they are most of the heap. */
const MANY_NAMES = 500_000;
/** In percent; with 15, a small heap is searched so often that a listing of 10,000 entries takes twice the CPU time. */
const GROWTH = { small: 50, large: 15 };

/**
 * Bounds the growth of the heap between two collections of its old part. By itself V8 lets a small heap triple and a
 * large one nearly double: each request under way at a collection of young objects leaves some garbage among the old
 * ones, and after 30 seconds of load that was 100 MB. V8 reads the flag at each collection.
 */
export function boundHeapGrowth(maxNames: number): void {
  const percent = maxNames >= MANY_NAMES ? GROWTH.large : GROWTH.small;
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
