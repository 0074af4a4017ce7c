import { signal } from '@preact/signals';
import type { ErrorCode } from '../dav/errors.ts';
import english, { type Words } from './languages/en.ts';

/** Each language is a file of its own, and loaded when it is chosen. */
const FILES = import.meta.glob<{ default: Words }>(['./languages/*.ts', '!./languages/en.ts']);
const LOADERS = new Map(Object.entries(FILES).map(([file, load]) => [/([^/]+)\.ts$/.exec(file)![1]!, load]));

/** The tags of the languages that the app has. */
export const LANGUAGES: readonly string[] = ['en', ...LOADERS.keys()].sort();

type Key = { [K in keyof Words]: Words[K] extends string ? K : never }[keyof Words];
type CountedKey = Exclude<keyof Words, Key | 'error'>;
type Values = Readonly<Record<string, string | number>>;

const current = signal<{ readonly tag: string; readonly words: Words }>({ tag: 'en', words: english });

/** The tag of the language that is shown. */
export function language(): string {
  return current.value.tag;
}

/** The tag that numbers and times are written by: the language as the reader's region has it. */
export function region(): string {
  const tag = language();
  return navigator.languages.find(each => each.split('-')[0] === tag.split('-')[0]) ?? tag;
}

/** A text with its values in place. */
export function say(key: Key, values: Values = {}): string {
  return fill(current.value.words[key], values);
}

/** A text whose form depends on a count. */
export function sayCount(key: CountedKey, count: number): string {
  const { tag, words } = current.value;
  const forms: Readonly<Record<string, string>> = words[key];
  const form = forms[new Intl.PluralRules(tag).select(count)] ?? forms.other!;
  return fill(form, { n: new Intl.NumberFormat(region()).format(count) });
}

export function sayError(code: ErrorCode): string {
  return current.value.words.error[code];
}

/** Shows a language; `auto`: the first of the browser's own that the app has, else English. */
export async function showLanguage(wanted: string): Promise<void> {
  const tag = wanted === 'auto' ? bestOf(navigator.languages) : wanted;
  const words = (await LOADERS.get(tag)?.())?.default ?? english;
  current.value = { tag: words === english ? 'en' : tag, words };
  document.documentElement.lang = current.value.tag;
}

/** The name that each language has for itself. */
export function nameOfLanguage(tag: string): string {
  return new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
}

/** The first that the app has, with or without its region. */
export function bestOf(wanted: readonly string[], available: readonly string[] = LANGUAGES): string {
  const matches = wanted.map(
    tag => available.find(each => each === tag) ?? available.find(each => each === tag.split('-')[0]),
  );
  return matches.find(tag => tag !== undefined) ?? 'en';
}

function fill(text: string, values: Values): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}
