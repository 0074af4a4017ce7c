/** Formats a time for people: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min, 5 d 3 h. */
export function formatTime(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) {
    return seconds < 10 && seconds > 0 ? `${Math.round(seconds * 10) / 10} s` : `${whole} s`;
  }
  const [minutes, hours, days] = [Math.floor(whole / 60), Math.floor(whole / 3600), Math.floor(whole / 86_400)];
  if (minutes < 60) {
    return `${minutes} min ${whole % 60} s`;
  }
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${days} d ${hours % 24} h`;
}

/** Returns the seconds since a time in ISO 8601; 0 when it is in the future. */
export function secondsSince(date: string, now: number): number {
  return Math.max(0, (now - Date.parse(date)) / 1000);
}
