import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.ts';

/** How often the mutant's text stands in its file; 0 where there is no such file. */
export function occurrences({ file, find }: Mutant): number {
  const path = fileURLToPath(new URL(`../../src/emulator/${file}`, import.meta.url));
  try {
    return readFileSync(path, 'utf8').split(find).length - 1;
  } catch {
    return 0;
  }
}
