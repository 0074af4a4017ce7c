import { setFlagsFromString } from 'node:v8';

/** From so many remembered names on, they are most of the heap. */
const MANY_NAMES = 500_000;
/** A small heap is searched less often: a listing of 10,000 takes twice the CPU time at 15 %, a tenth more at 40 %. */
const GROWTH_PERCENT = { few: 40, many: 15 };

/**
 * Makes V8 collect garbage when the heap has grown by this share. By itself V8 lets a heap of 27 MB grow to 107 MB
 * under load, and a large one nearly double, before it looks for garbage. V8 reads the flag at each collection.
 */
export function boundHeapGrowth(maxNames: number): void {
  const percent = maxNames >= MANY_NAMES ? GROWTH_PERCENT.many : GROWTH_PERCENT.few;
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
