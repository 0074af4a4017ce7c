import type { Mutant } from './mutant.ts';
import { HOST_MUTANTS } from './mutants-hosts.ts';
import { ITEM_MUTANTS } from './mutants-items.ts';

export const MUTANTS: readonly Mutant[] = [...ITEM_MUTANTS, ...HOST_MUTANTS];
