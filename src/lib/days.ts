const DAY_MS = 24 * 60 * 60 * 1000;

/** Enough time to create a new credential and to find somebody who may install it. */
export const WARN_DAYS = 30;

/** Returns whole days; negative when the date is past. */
export function daysUntil(date: Date, now: number): number {
  return Math.floor((date.getTime() - now) / DAY_MS);
}

/** Formats a date as `2026-11-25`. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
