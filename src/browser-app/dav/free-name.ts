import { foldName } from './entry.ts';

/**
 * A name that none of `taken` (folded) has: `plan (2).txt` after `plan.txt`. An ending is what follows the last point,
 * unless the point is the first character.
 */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  const point = name.lastIndexOf('.');
  const [stem, ending] = point > 0 ? [name.slice(0, point), name.slice(point)] : [name, ''];
  const base = stem.replace(/ \(\d+\)$/, '');
  for (let count = 2; ; count += 1) {
    const candidate = `${base} (${count})${ending}`;
    if (!taken.has(foldName(candidate))) {
      return candidate;
    }
  }
}
