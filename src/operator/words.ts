import type { Language } from '../words/words.ts';
import german from './words/de.ts';
import english, { type Words } from './words/en.ts';
import chinese from './words/zh.ts';

export type { Words } from './words/en.ts';

/** What messages of the log say stays in English, so that it can be looked up. */
const LANGUAGES = { en: english, de: german, zh: chinese } as const satisfies Record<Language, Words>;

export function wordsIn(language: Language): Words {
  return LANGUAGES[language];
}
