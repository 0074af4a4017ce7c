import { setFlagsFromString } from 'node:v8';

/** From so many remembered names on, they are most of the heap. */
const MANY_NAMES = 500_000;

/**
 * Makes V8 collect garbage when the heap has grown by 15 %, for a server that may remember many names. By itself V8
 * lets a large heap nearly double before it looks for garbage. A small heap would be searched too often: a listing of
 * 10,000 entries takes twice the CPU time then. V8 reads the flag at each collection.
 */
export function boundHeapGrowth(maxNames: number): void {
  if (maxNames >= MANY_NAMES) {
    setFlagsFromString('--heap-growing-percent=15');
  }
}
