/** Below this a stolen config gives its passwords away (OWASP password storage: 19 MiB, 2 passes). */
const MIN_MEMORY_KIB = 19 * 1024;
/** Above this a few requests at once fill the memory. */
const MAX_MEMORY_KIB = 1024 * 1024;
const MAX_PASSES = 20;
/** KiB times passes; OWASP's choices, from 46 MiB once to 7 MiB five times, are all about as much. */
const GOOD_COST = 35_840;
const MAX_PARALLELISM = 16;

/** What is wrong with a password hash, or undefined. */
export function parsePasswordCost(hash: string): string | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,4}),p=(\d{1,4})\$[\w+/]{11,}\$[\w+/]{22,}$/.exec(hash);
  if (match === null) {
    return 'this is no argon2id hash; make one with the hash-password command';
  }
  const [memory, passes, parallelism] = match.slice(1).map(Number) as [number, number, number];
  if (memory < MIN_MEMORY_KIB || passes < 1 || parallelism < 1) {
    return 'this hash is too cheap to protect the password; make one with the hash-password command';
  }
  if (memory > MAX_MEMORY_KIB || passes > MAX_PASSES || parallelism > MAX_PARALLELISM) {
    return 'checking this hash would cost too much; make one with the hash-password command';
  }
  return undefined;
}

/** Whether a hash that can be used costs as much as OWASP advises. */
export function isCostlyEnough(hash: string): boolean {
  const [, memory, passes] = /\$m=(\d+),t=(\d+),/.exec(hash) ?? [];
  return Number(memory) * Number(passes) >= GOOD_COST;
}
