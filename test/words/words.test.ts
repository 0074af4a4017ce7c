import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { html } from '../../src/lib/html.ts';
import german from '../../src/words/languages/de.ts';
import english from '../../src/words/languages/en.ts';
import chinese from '../../src/words/languages/zh.ts';
import { languageFor } from '../../src/words/words.ts';

const ACCOUNT = fileURLToPath(new URL('../../src/account', import.meta.url));
const EVIL = '<img src=x onerror=alert(1)>"\'&';

type Word = [key: string, text: string];

/** Each text by its key, such as `upload.send`; those with values have `‹0›`, `‹1›` in their places. */
function wordsOf(words: object, above = ''): Word[] {
  return Object.entries(words).flatMap(([key, value]): Word[] => {
    const name = above + key;
    if (typeof value === 'function') {
      return [[name, String(value(...valuesFor(name)))]];
    }
    // English refusals have their own words.
    if (/^account\.(refusals|otherRefusal)$/.test(name)) {
      return [];
    }
    return typeof value === 'string' ? [[name, value]] : wordsOf(value, `${name}.`);
  });
}

/** A word with a number says it in its own way, so it gets the number as it is shown. */
function valuesFor(name: string): (string | number)[] {
  return /^folder\.(folders|files|bytes)$|^error\.problem$/.test(name) ? [404, '‹0›'] : ['‹0›', '‹1›', '‹2›'];
}

const placesIn = (text: string) => [...text.matchAll(/‹\d›/g)].map(String).sort().join();

describe('the words of the server’s pages', () => {
  it.each([
    ['German', german],
    ['Chinese', chinese],
  ])('in %s are all there, with the values of the English ones', (_, words) => {
    const given = new Map(wordsOf(words));
    const wrong = wordsOf(english).filter(
      ([key, text]) => !given.get(key)?.trim() || placesIn(given.get(key)!) !== placesIn(text),
    );
    expect(wrong).toEqual([]);
    expect([...given.keys()].sort()).toEqual(
      wordsOf(english)
        .map(([key]) => key)
        .sort(),
    );
  });

  it('are other words in each language, but for names', () => {
    const same = wordsOf(english).filter(([key, text]) =>
      [german, chinese].some(words => new Map(wordsOf(words)).get(key) === text),
    );
    expect(same.map(([key]) => key)).toEqual(['folder.name']);
  });

  it.each([
    ['English', english],
    ['German', german],
    ['Chinese', chinese],
  ])('in %s never let a name be more than a text', (_, words) => {
    const { upload, error, account } = words;
    const problem = error.problem(507, EVIL);
    for (const text of [
      upload.title(EVIL),
      upload.sentAs(EVIL, EVIL),
      upload.sent(EVIL),
      account.passwordFor(EVIL),
      problem,
    ]) {
      expect(String(text)).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
      expect(String(text)).not.toContain('<img');
    }
    // What the server says is English, whatever the page is.
    expect(String(problem)).toMatch(words === english ? /^<bdi>/ : /<span lang="en">\(<bdi>/);
  });
});

describe('the words for a sign-in that does not go on', () => {
  const sources = readdirSync(ACCOUNT, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join(ACCOUNT, file), 'utf8'))
    .join('\n');
  const reasons = [...new Set([...sources.matchAll(/reason: '([\w-]+)'/g)].map(([, reason]) => reason!))].sort();

  it.each([
    ['German', german],
    ['Chinese', chinese],
  ])('in %s are there for each reason, and for those of a provider', (_, { account }) => {
    expect(reasons.length).toBeGreaterThan(25);
    expect(reasons.filter(reason => !Object.hasOwn(account.refusals, reason))).toEqual([]);
    const values = { attempted: html`‹name›`, seconds: '‹seconds›' };
    for (const [reason, { title, message }] of Object.entries({ ...account.refusals, other: account.otherRefusal! })) {
      const text = typeof message === 'string' ? message : String(message(values));
      expect([reason, title.trim() !== '' && text.trim() !== '']).toEqual([reason, true]);
      expect([reason, /‹name›/.test(text)]).toEqual([reason, reason === 'not-admitted']);
      expect([reason, /‹seconds›/.test(text)]).toEqual([reason, reason === 'too-many-wrong-codes']);
    }
  });
});

describe('the language of a page', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['de', 'de'],
    ['de-AT', 'de'],
    ['zh-Hant-TW, en;q=0.5', 'zh'],
    ['fr, de;q=0.3, en;q=0.2', 'de'],
    ['en;q=0.2, de;q=0.3', 'de'],
    ['de;q=0, zh', 'zh'],
    ['fr', 'en'],
    [';;,,q=x', 'en'],
  ])('for %j is %s', (header, language) => {
    expect(languageFor(header === undefined ? {} : { 'accept-language': header })).toBe(language);
  });
});
