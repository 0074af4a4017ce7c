import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Words, wordsIn } from '../../src/words/words.ts';
import { type AccountBench, type AccountBrowser, PEOPLE, startAccountBench } from '../support/account-bench.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';

const EVIL = '\u202e<img src=x>"\'&';
/** What turns the direction is not kept. */
const ESCAPED = '\ufffd&lt;img src=x&gt;&quot;&#39;&amp;';

let bench: AccountBench;

beforeAll(async () => {
  bench = await startAccountBench({ yaml: [...PEOPLE.slice(0, 1), '  - { match: "ada@contoso.com", mounts: own }'] });
});
afterAll(async () => {
  expect(bench.server.emulator.violations).toEqual([]);
  await bench.stop();
});

type Account = Words['account'];

/** Each page, how a browser that has signed in comes to it, and what it must say. */
const PAGES: [string, (browser: AccountBrowser) => Promise<BrowserAnswer>, (words: Account) => readonly string[]][] = [
  ['the devices', browser => browser.open(''), words => [words.devices, words.make, words.nameHint, words.signOut]],
  [
    'a form with a mistake',
    async browser => browser.send(await browser.open(''), '/passwords', { name: '' }),
    words => [words.badName(60)],
  ],
  [
    'a new password',
    async browser => browser.send(await browser.open(''), '/passwords', { name: EVIL }),
    words => [
      words.keepIt,
      `<h1>${String(words.passwordFor('‹›')).replace('‹›', `<bdi translate="no">${ESCAPED}</bdi>`)}</h1>`,
      `<title>${String(words.passwordFor('‹›')).replace('‹›', `\u2068${ESCAPED}\u2069`)}`,
      `data-copied="${words.copied}"`,
    ],
  ],
  ['the list of passwords', browser => browser.open(''), words => [words.unused, `<h3><bdi>${ESCAPED}</bdi></h3>`]],
  [
    'the way of a device',
    browser => browser.open('/connect/windows'),
    words => [words.first, words.makeAndShow, '<div lang="en"><p>There are three ways'],
  ],
  ['a page that is none', browser => browser.open('/none'), words => [words.noPage, words.mistyped]],
  [
    'a form of a page elsewhere',
    async browser =>
      browser.send(await browser.open(''), '/passwords', { name: 'x' }, { 'sec-fetch-site': 'cross-site' }),
    words => [words.refusals['foreign-page']?.title ?? 'Another page has sent this', words.forAdmin],
  ],
  [
    'the end',
    async browser => browser.send(await browser.open(''), '/sign-out'),
    words => [words.signedOut, words.signedOutHere],
  ],
  ['the beginning', browser => browser.open(''), words => [words.welcome, words.what]],
];

describe.each(['en', 'de', 'zh'] as const)('for a browser that reads %s', language => {
  const words = wordsIn(language).account;
  const isIn = ({ headers, text }: BrowserAnswer) => {
    expect(text).toContain(`<html lang="${language}">`);
    expect([headers['content-language'], headers.vary]).toEqual([language, 'Accept-Language']);
    expect(text).not.toContain('<img');
  };

  it('each page is in that language, and a name stays a text that stands alone', async () => {
    bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
    const browser = bench.browser({ 'accept-language': language });
    await browser.signIn();
    for (const [name, come, textsOf] of PAGES) {
      const page = await come(browser);
      isIn(page);
      for (const text of textsOf(words)) {
        expect([name, page.text.includes(text) ? text : page.text]).toEqual([name, text]);
      }
    }
  });

  it('a sign-in that does not go on says why, with what is for the administrator in English', async () => {
    bench.server.emulator.setSignIn({ as: 'grace@contoso.com' });
    const page = await bench.browser({ 'accept-language': language }).signIn();
    isIn(page);
    const { title } = words.refusals['not-admitted'] ?? { title: 'You may not use this server' };
    expect([page.status, page.text.includes(`<h1>${title}</h1>`)]).toEqual([403, true]);
    expect(page.text).toContain('grace@contoso.com');
    expect(page.text).toContain('<dd lang="en">A rule under “people”');
    expect(bench.audit().at(-1)).toMatchObject({ audit: 'sign-in-refused', reason: 'not-admitted' });
  });
});
