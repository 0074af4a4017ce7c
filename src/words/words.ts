import { preferredLanguage } from '../lib/accept-language.ts';
import german from './languages/de.ts';
import english, { type Words } from './languages/en.ts';
import chinese from './languages/zh.ts';

export type { Words } from './languages/en.ts';

/** The first is for those who read none of them. */
const WORDS = { en: english, de: german, zh: chinese } as const satisfies Record<string, Words>;

/** The languages of the pages that this server makes. */
export type Language = keyof typeof WORDS;
const LANGUAGES = Object.keys(WORDS) as [Language, ...Language[]];

/** Returns the language for a client, by its Accept-Language header; of none that there is, English. */
export function languageFor({
  'accept-language': header,
}: {
  readonly 'accept-language'?: string | undefined;
}): Language {
  return preferredLanguage(header, LANGUAGES);
}

export function wordsIn(language: Language): Words {
  return WORDS[language];
}

/** The headers of a page in a language; `vary`: what else decides about it. */
export function languageHeaders(language: Language, vary?: string): Record<'Content-Language' | 'Vary', string> {
  return { 'Content-Language': language, Vary: vary === undefined ? 'Accept-Language' : `${vary}, Accept-Language` };
}
