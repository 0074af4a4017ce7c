import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';
import { MUTANTS } from './mutants.ts';

const EMULATOR = fileURLToPath(new URL('../../src/emulator/', import.meta.url));

/** Loads the sources with the mutant that the environment variable `MUTANT` names; with none, as they are. */
export function mutantPlugin(): Plugin {
  const mutant = MUTANTS.find(({ name }) => name === process.env.MUTANT);
  return {
    name: 'mutant',
    enforce: 'pre',
    transform: (code, id) =>
      mutant !== undefined && id === `${EMULATOR}${mutant.file}`
        ? code.replace(mutant.find, () => mutant.replace)
        : null,
  };
}
