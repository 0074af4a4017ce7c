import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';
import { MUTANTS } from './mutants.ts';

const EMULATOR = fileURLToPath(new URL('../../src/emulator/', import.meta.url));

/**
 * Loads the sources with the mutant that the environment variable `MUTANT` names; with none, as they are. It reaches
 * every module that a test loads in its own process, and no program that a test starts.
 */
export function mutantPlugin(): Plugin {
  const mutant = MUTANTS.find(({ name }) => name === process.env.MUTANT);
  const isBroken = (id: string) => mutant !== undefined && id === `${EMULATOR}${mutant.file}`;
  return {
    name: 'mutant',
    enforce: 'pre',
    transform: (code, id) =>
      mutant !== undefined && isBroken(id) ? code.replace(mutant.find, () => mutant.replace) : null,
    // What was loaded with a mutant must not be kept for the next one, nor the source as it is be taken for it.
    configureVitest: ({ defineCacheKeyGenerator }) =>
      defineCacheKeyGenerator(({ id }) => (isBroken(id) ? false : null)),
  };
}
