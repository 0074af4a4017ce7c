/**
 * Options of an `LRUCache` with at most so many entries, which takes memory as they come. With `max` it takes the memory
 * of all of them when it is made: a millisecond for ten thousand.
 */
export function atMost(entries: number): { readonly maxSize: number; readonly sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 };
}
