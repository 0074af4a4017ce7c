import type { Terminal } from '../setup/dialogue.ts';
import { SetupError } from '../setup/errors.ts';

/** Lines of a list that are seen at once. */
const PAGE_SIZE = 12;

/** Questions at a terminal. The library is loaded here only: a server has no use for it. */
export async function openTerminal(): Promise<Terminal> {
  const { checkbox, confirm, input, password, select } = await import('@inquirer/prompts');
  return {
    text: ({ ask, byDefault, check }) =>
      orGivenUp(
        input({ message: ask, default: byDefault, required: true, validate: answer => check?.(answer.trim()) ?? true }),
      ),
    secret: ({ ask, check }) =>
      // As it is typed: blanks may belong to a password.
      orGivenUp(password({ message: ask, mask: '*', validate: answer => check?.(answer) ?? true })),
    choose: ({ ask, choices, byDefault }) =>
      orGivenUp(select({ message: ask, choices, default: byDefault, pageSize: PAGE_SIZE, loop: false })),
    pick: ({ ask, choices }) =>
      orGivenUp(checkbox({ message: ask, choices, required: true, pageSize: PAGE_SIZE, loop: false })),
    confirm: ({ ask }, byDefault) => orGivenUp(confirm({ message: ask, default: byDefault })),
  };
}

/** Ctrl+C at a question is an answer, too. */
async function orGivenUp<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw (error as Error).name === 'ExitPromptError'
      ? new SetupError('given up: no configuration was written', { cause: error })
      : error;
  }
}
