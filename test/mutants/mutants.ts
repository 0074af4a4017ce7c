import type { Mutant } from './mutant.ts';
import { ASSERTION_MUTANTS } from './mutants-assertions.ts';
import { CHANGE_MUTANTS } from './mutants-changes.ts';
import { CONTENT_MUTANTS } from './mutants-content.ts';
import { DIRECTORY_MUTANTS } from './mutants-directory.ts';
import { FAULT_MUTANTS } from './mutants-faults.ts';
import { HOST_MUTANTS } from './mutants-hosts.ts';
import { ITEM_MUTANTS } from './mutants-items.ts';
import { NAME_MUTANTS } from './mutants-names.ts';
import { SIGN_IN_MUTANTS } from './mutants-sign-in.ts';
import { TOKEN_MUTANTS } from './mutants-tokens.ts';

export const MUTANTS: readonly Mutant[] = [
  ...ITEM_MUTANTS,
  ...HOST_MUTANTS,
  ...TOKEN_MUTANTS,
  ...ASSERTION_MUTANTS,
  ...SIGN_IN_MUTANTS,
  ...DIRECTORY_MUTANTS,
  ...NAME_MUTANTS,
  ...CONTENT_MUTANTS,
  ...CHANGE_MUTANTS,
  ...FAULT_MUTANTS,
];
