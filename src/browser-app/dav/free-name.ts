import { freeNames } from '../../lib/free-names.ts';
import { foldName } from './entry.ts';

/** A name that none of `taken` (folded) has: `plan (2).txt` after `plan.txt`. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  return freeNames(name)
    .drop(1)
    .find(candidate => !taken.has(foldName(candidate)))!;
}
