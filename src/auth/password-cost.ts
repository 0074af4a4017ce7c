/** With less, a stolen configuration reveals its passwords (OWASP password storage: 19 MiB, 2 passes). */
const MIN_MEMORY_KIB = 19 * 1024;
/** With more, a few parallel requests fill the memory. */
const MAX_MEMORY_KIB = 1024 * 1024;
const MAX_PASSES = 20;
/** KiB times passes; OWASP's choices, from 46 MiB once to 7 MiB five times, all cost about as much. */
const GOOD_COST = 35_840;
const MAX_PARALLELISM = 16;

/** Returns the objection to a password hash, or undefined. */
export function parsePasswordCost(hash: string): string | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,4}),p=(\d{1,4})\$[\w+/]{11,}\$[\w+/]{22,}$/.exec(hash);
  if (match === null) {
    return 'this is not an argon2id hash; create one with the hash-password command';
  }
  const [memory, passes, parallelism] = match.slice(1).map(Number) as [number, number, number];
  if (memory < MIN_MEMORY_KIB || passes < 1 || parallelism < 1) {
    return 'this hash is too cheap to protect the password; create one with the hash-password command';
  }
  if (memory > MAX_MEMORY_KIB || passes > MAX_PASSES || parallelism > MAX_PARALLELISM) {
    return 'checking this hash would cost too much; create one with the hash-password command';
  }
  return undefined;
}

/** Tells whether a valid hash costs as much as OWASP recommends. */
export function isCostlyEnough(hash: string): boolean {
  const [, memory, passes] = /\$m=(\d+),t=(\d+),/.exec(hash) ?? [];
  return Number(memory) * Number(passes) >= GOOD_COST;
}
