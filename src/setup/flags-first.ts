import { Secret } from '../lib/secret.ts';
import { UsageError } from '../lib/usage-error.ts';
import type { ChoiceQuestion, Dialogue, DialogueParts, Question, TextQuestion } from './dialogue.ts';
import { maskUrlCredentials } from './mask.ts';

/** Creates a dialogue that takes the flags, asks the rest where there is a terminal, and else takes defaults. */
export function createDialogue({ terminal, takesDefaults, tell, progress }: DialogueParts): Dialogue {
  const settled = <T>(question: Question, byDefault: T | undefined): T | undefined => {
    if (terminal !== undefined && !(takesDefaults && byDefault !== undefined)) {
      return undefined;
    }
    if (byDefault === undefined) {
      throw new UsageError(`${question.flag} is missing, and there is no terminal to ask: ${question.ask}`);
    }
    return byDefault;
  };
  const shown = <T>(ask: () => Promise<T>): Promise<T> => {
    progress.clear();
    return ask();
  };
  return {
    isInteractive: terminal !== undefined,
    text: async (question, given) =>
      given === undefined
        ? (settled(question, question.byDefault) ?? (await shown(() => terminal!.text(question))).trim())
        : checked(question, given.trim()),
    secret: async (question, given) => {
      if (given !== undefined) {
        return new Secret(checked(question, given.reveal()));
      }
      settled(question, undefined);
      return new Secret(await shown(() => terminal!.secret(question)));
    },
    choose: async <T extends string>(question: ChoiceQuestion<T>, given?: T) =>
      given ?? settled(question, question.byDefault) ?? (await shown(() => terminal!.choose(question))),
    pick: async question => {
      settled(question, undefined);
      return shown(() => terminal!.pick(question));
    },
    confirm: async (question, unasked) =>
      terminal === undefined || takesDefaults ? unasked : shown(() => terminal.confirm(question, unasked)),
    tell: text => {
      progress.clear();
      tell(maskUrlCredentials(text));
    },
    progress,
  };
}

function checked({ flag, check }: TextQuestion, given: string): string {
  const objection = check?.(given);
  if (objection !== undefined) {
    throw new UsageError(`${flag}: ${objection}`);
  }
  return given;
}
