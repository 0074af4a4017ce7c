import type { Terminal } from '../setup/dialogue.ts';
import { SetupError } from '../setup/errors.ts';

/** Lines of a list that are visible at once. */
const PAGE_SIZE = 12;

/** Opens the terminal for questions. The library is loaded only here: a server does not need it. */
export async function openTerminal(): Promise<Terminal> {
  const { checkbox, confirm, input, password, select } = await import('@inquirer/prompts');
  return {
    text: ({ ask, byDefault, check }) =>
      orGivenUp(
        input({ message: ask, default: byDefault, required: true, validate: answer => check?.(answer.trim()) ?? true }),
      ),
    secret: ({ ask, check }) =>
      // Not trimmed: blanks may belong to a password.
      orGivenUp(password({ message: ask, mask: '*', validate: answer => check?.(answer) ?? true })),
    choose: ({ ask, choices, byDefault }) =>
      orGivenUp(select({ message: ask, choices, default: byDefault, pageSize: PAGE_SIZE, loop: false })),
    pick: ({ ask, choices }) =>
      orGivenUp(checkbox({ message: ask, choices, required: true, pageSize: PAGE_SIZE, loop: false })),
    confirm: ({ ask }, byDefault) => orGivenUp(confirm({ message: ask, default: byDefault })),
  };
}

/** Turns Ctrl+C at a question into a SetupError. */
async function orGivenUp<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw (error as Error).name === 'ExitPromptError'
      ? new SetupError('given up: no configuration was written', { cause: error })
      : error;
  }
}
