import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import german from '../../src/browser-app/words/languages/de.ts';
import english from '../../src/browser-app/words/languages/en.ts';
import chinese from '../../src/browser-app/words/languages/zh.ts';

const SOURCES = fileURLToPath(new URL('../../src/browser-app', import.meta.url));

/** Each text by its key: `selected.one`. */
function textsOf(words: object, above = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[above + key, value]] : textsOf(value, `${above}${key}.`),
  );
}

const placeholdersOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe('the words of the app', () => {
  it.each([
    ['German', german],
    ['Chinese', chinese],
  ])('in %s have the values of the English ones, and no text is empty', (_, words) => {
    const given = new Map(textsOf(words));
    const wrong = textsOf(english).filter(
      ([key, text]) =>
        !given.get(key)?.trim() || placeholdersOf(given.get(key)!).join() !== placeholdersOf(text).join(),
    );
    expect(wrong).toEqual([]);
    expect([...given.keys()].sort()).toEqual(
      textsOf(english)
        .map(([key]) => key)
        .sort(),
    );
  });

  it('are all said somewhere', () => {
    const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
      .filter(file => /\.tsx?$/.test(file) && !file.includes('languages'))
      .map(file => readFileSync(join(SOURCES, file), 'utf8'))
      .join('\n');
    const unused = Object.keys(english).filter(key => key !== 'error' && !sources.includes(`'${key}'`));
    expect(unused).toEqual([]);
  });
});
