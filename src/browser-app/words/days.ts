/** The day of a moment where the reader is, as a date field has it: `2026-11-29`. */
export function dayOf(moment: Date): string {
  const parts = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()];
  return parts.map(part => String(part).padStart(2, '0')).join('-');
}

/** The day that is some days away. */
export function dayIn(days: number, now = new Date()): string {
  const then = new Date(now);
  then.setDate(then.getDate() + days);
  return dayOf(then);
}

/** The last second of a day where the reader is. */
export function endOfDay(day: string): Date {
  return new Date(`${day}T23:59:59`);
}
