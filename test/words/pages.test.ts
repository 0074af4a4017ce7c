import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Language, type Words, wordsIn } from '../../src/words/words.ts';
import { davClient } from '../support/dav-client.ts';
import type { FrontDoorTest } from '../support/front-door.ts';
import { askAs, OPENED, type PageAnswer, SENT } from '../support/page-visitor.ts';
import { basic } from '../support/raw-http.ts';
import { type MadeShare, makeShare, startShares } from '../support/shares.ts';

/** Markup, and U+202E, which turns the direction of all that follows in its sentence. */
const EVIL = '\u202e<b title="x">&\'';
const ESCAPED = '\u202e&lt;b title=&quot;x&quot;&gt;&amp;&#39;';
const HEADERS: Record<Language, string> = { en: 'fr, en;q=0.5', de: 'de-AT, en;q=0.9', zh: 'zh-CN,zh;q=0.9,de;q=0.1' };

let front: FrontDoorTest;
let inbox: MadeShare;
let guarded: MadeShare;

beforeAll(async () => {
  front = await startShares();
  const dav = davClient(front);
  const folder = `/m/${encodeURIComponent(EVIL)}/`;
  await dav('MKCOL', folder);
  await dav('MKCOL', '/m/empty/');
  await dav('PUT', `${folder}a.txt`, {}, 'four');
  inbox = await makeShare(dav, folder, { kind: 'upload' });
  guarded = await makeShare(dav, folder, { kind: 'read', password: 'open sesame' });
});
afterAll(() => front.stop());

interface Ask {
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const ask = (language: Language, path: string, { headers = {}, body }: Ask = {}) =>
  askAs(
    `${front.url}${path}`,
    { ...(body === undefined ? OPENED : SENT), 'accept-language': HEADERS[language], ...headers },
    { method: body === undefined ? 'GET' : 'POST', body: body ?? null },
  );
const user = () => ({ headers: basic(front.user, front.password) });
const part = (name: string) => `--b\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n\r\nx\r\n`;
const sendFiles = (language: Language, ...names: string[]) =>
  ask(language, inbox.root, {
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    body: `${names.map(part).join('')}--b--\r\n`,
  });
const typePassword = (language: Language, path = guarded.root, site = 'same-origin') =>
  ask(language, path, {
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': site },
    body: 'password=wrong',
  });

/** Each page, its status, and a word that it must have. */
const PAGES: [string, number, (language: Language) => Promise<PageAnswer>, (words: Words) => string][] = [
  ['the page for a password', 401, at => ask(at, guarded.root), words => words.password.hint],
  ['the same after a wrong one', 401, at => typePassword(at), words => words.password.wrong],
  ['the page that takes files', 200, at => ask(at, inbox.root), words => words.upload.what],
  ['the same after some', 201, at => sendFiles(at, `${at}.txt`), words => words.upload.send],
  ['a share that is none', 404, at => ask(at, '/-/s/none/'), words => words.refusal.none],
  ['a form for a share that is none', 404, at => typePassword(at, '/-/s/none/'), words => words.refusal.none],
  [
    'a form of a page elsewhere',
    403,
    at => typePassword(at, guarded.root, 'cross-site'),
    words => words.error.titles[403]!,
  ],
  ['a place without a file', 404, at => ask(at, '/m/none', user()), words => words.error.titles[404]!],
  ['a folder', 200, at => ask(at, '/m/', user()), words => words.folder.modified],
  ['an empty folder', 200, at => ask(at, '/m/empty/', user()), words => words.folder.empty],
  ['the root', 200, at => ask(at, '/', user()), words => words.folder.home],
];

describe.each(['en', 'de', 'zh'] as const)('for a browser that reads %s', language => {
  it.each(PAGES)('%s is in that language', async (_, status, open, wordOf) => {
    const page = await open(language);
    expect([page.status, page.headers['content-language']]).toEqual([status, language]);
    expect(page.text).toContain(`<html lang="${language}">`);
    expect(page.headers.vary).toMatch(/(^|, )Accept-Language(,|$)/);
    expect(page.text).toContain(wordOf(wordsIn(language)));
  });

  it('names stand alone in their sentences, and stay texts', async () => {
    const { upload, error } = wordsIn(language);
    const page = await ask(language, inbox.root);
    expect(page.text).toContain(`<h1>${upload.title('‹›')}</h1>`.replace('‹›', `<bdi translate="no">${ESCAPED}</bdi>`));
    expect(page.text).toContain(`<title>${upload.title('‹›')}</title>`.replace('‹›', `\u2068${ESCAPED}\u2069`));
    const sent = await sendFiles(language, 'a.txt', '..');
    expect(sent.text).toMatch(/<bdi translate="no">a\.txt<\/bdi>.*<bdi translate="no">a \(\d\)\.txt<\/bdi>/);
    expect(sent.text).toMatch(/<bdi translate="no">\.\.<\/bdi>[^<]*(<span lang="en">\()?<bdi>/);
    const missing = await ask(language, `/m/${encodeURIComponent(EVIL)}/none/x`, user());
    expect(missing.text).toContain(`<bdi>${ESCAPED}</bdi>`);
    expect(missing.text).toContain(error.waysBack);
    for (const { text } of [page, sent, missing]) {
      expect(text).not.toContain('<b title');
    }
  });
});

it('programs are told everything in English, by whatever language they send', async () => {
  const headers = { ...basic(front.user, front.password), 'accept-language': 'de' };
  const { headers: told, text } = await askAs(`${front.url}/m/none`, headers);
  expect([told['content-language'], text]).toEqual([undefined, expect.stringMatching(/^[\x20-\x7e]+\n$/)]);
  expect((await askAs(`${front.url}/-/s/none/`, { 'accept-language': 'de' })).text).toBe('there is no such share\n');
});

it('a page that was kept for one language is not the answer in another', async () => {
  const folder = '/m/empty/';
  const first = await ask('de', folder, user());
  expect([(await ask('de', folder, user())).text, (await ask('zh', folder, user())).text]).toEqual([
    first.text,
    expect.not.stringContaining('Ordner'),
  ]);
});
