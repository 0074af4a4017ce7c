const DAY_MS = 24 * 60 * 60 * 1000;

/** Time enough to make a new one and to find somebody who may install it. */
export const WARN_DAYS = 30;

/** Whole days; negative when it is past. */
export function daysUntil(date: Date, now: number): number {
  return Math.floor((date.getTime() - now) / DAY_MS);
}

/** `2026-11-25` */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
