import { region } from './words.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes with three digits at most: `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  // 1023.9 KiB would be shown as 1,024 KiB.
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes * 1.0005) / 10));
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${numbers(region(), digits).format(value)} ${UNITS[power]}`;
}

/** A time where the reader is, as short as a list needs it. */
export function formatTime(iso: string): string {
  return times(region()).format(new Date(iso));
}

/** A share of a whole: `45%`. */
export function formatPercent(part: number, whole: number): string {
  return percents(region()).format(whole === 0 ? 1 : part / whole);
}

const kept = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

/** Formats are slow to make, and a list asks for one with each cell. */
function keep<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const found = (kept.get(key) as T | undefined) ?? make();
  kept.set(key, found);
  return found;
}

function numbers(tag: string, maximumFractionDigits: number): Intl.NumberFormat {
  return keep(`${tag} ${maximumFractionDigits}`, () => new Intl.NumberFormat(tag, { maximumFractionDigits }));
}

function percents(tag: string): Intl.NumberFormat {
  return keep(`${tag} %`, () => new Intl.NumberFormat(tag, { style: 'percent' }));
}

function times(tag: string): Intl.DateTimeFormat {
  return keep(`${tag} time`, () => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' }));
}
