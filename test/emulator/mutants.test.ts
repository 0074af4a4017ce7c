import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { MUTANTS } from '../mutants/mutants.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it('every mutant still has its text exactly once, changes it, and names tests that are there', () => {
  const stale = MUTANTS.flatMap(({ name, file, find, replace, tests, only }) => {
    const found = readFileSync(at(`src/emulator/${file}`), 'utf8').split(find).length - 1;
    const missing = tests.filter(test => !existsSync(at(`test/emulator/${test}`)));
    return found === 1 && find !== replace && missing.length === 0 && only !== '' ? [] : [{ name, found, missing }];
  });
  expect(stale).toEqual([]);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(55);
});
