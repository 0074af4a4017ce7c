import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { occurrences } from './applies.ts';
import { MUTANTS } from './mutants.ts';

const isThere = (test: string) => existsSync(fileURLToPath(new URL(`../emulator/${test}`, import.meta.url)));

it(`the ${MUTANTS.length} mutants of the emulator still apply: their texts and their tests are there`, () => {
  const stale = MUTANTS.flatMap(mutant => {
    const { name, find, replace, tests, only } = mutant;
    const found = occurrences(mutant);
    const missing = tests.filter(test => !isThere(test));
    const isWhole = find !== replace && only !== '' && tests.length > 0;
    return found === 1 && missing.length === 0 && isWhole ? [] : [{ name, found, missing }];
  });
  expect(stale).toEqual([]);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(50);
});
