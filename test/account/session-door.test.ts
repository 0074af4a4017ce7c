import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AccountBench, type AccountBrowser, PEOPLE, startAccountBench } from '../support/account-bench.ts';

/** What browsers say of a person who follows a link, or types an address (Fetch Metadata). */
const OPENED = {
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  accept: 'text/html',
};
const FROM_OUR_PAGE = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };

let bench: AccountBench;
let browser: AccountBrowser;

beforeAll(async () => {
  bench = await startAccountBench({ yaml: [...PEOPLE, 'cache: { ttlSeconds: 0 }'] });
  await bench.server.mailboxes.ada.put('/docs/a.txt', 'content');
});
afterAll(async () => {
  expect(bench.server.emulator.violations).toEqual([]);
  await bench.stop();
});
beforeEach(() => {
  bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
  browser = bench.browser(OPENED);
});

/** A request with the cookies of the browser, as a page's script or an element would send it. */
async function send(path: string, headers: Record<string, string>, options: { method?: string; body?: string } = {}) {
  const cookie = [...browser.cookies].map(pair => pair.join('=')).join('; ');
  return bench.plain(`${bench.server.url}${path}`, { ...options, headers: { cookie, ...headers } });
}

describe('a browser without credentials', () => {
  it('is led to the sign-in, and then to the folder that it wanted', async () => {
    const page = await browser.open(`${bench.server.url}/ada/docs/?view=plain&sort=size&order=asc`);
    expect(page.status).toBe(200);
    expect(page.title).toMatch(/^Sign in to your files/);
    const [, link] = /href="([^"]*sign-in\?for=[^"]*)"/.exec(page.text)!;
    const folder = await browser.open(new URL(link!.replaceAll('&amp;', '&'), bench.server.url).href);
    expect([folder.status, folder.title]).toEqual([200, 'docs – ada']);
    expect(folder.text).toContain('a.txt');
    expect(folder.text).toContain('aria-sort="ascending"');
    expect((await browser.open(`${bench.server.url}/ada/docs/a.txt`)).text).toBe('content');
  });

  it('may sign in with a name and a password instead', async () => {
    const page = await browser.open(`${bench.server.url}/ada/`);
    const [, link] = /href="([^"]*\?sign-in=basic)"/.exec(page.text)!;
    const challenge = await browser.visit(new URL(link!, bench.server.url).href);
    expect([challenge.status, challenge.headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^Basic /)]);
  });

  it.each([
    ['a program that wants HTML', { accept: 'text/html' }],
    ['a script', FROM_OUR_PAGE],
    ['a frame', { ...OPENED, 'sec-fetch-dest': 'iframe' }],
    ['a wrong password', { ...OPENED, authorization: `Basic ${btoa('ada@contoso.com:wrong')}` }],
  ])('is nobody else: %s gets the challenge', async (_, headers) => {
    expect((await send('/ada/', headers)).status).toBe(401);
    expect((await send('/ada/', headers, { method: 'PROPFIND' })).status).toBe(401);
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/%0d%0aSet-Cookie: a=b',
    `/${'a'.repeat(2000)}`,
  ])('is led to no other server by %s', async address => {
    await browser.visit(`/sign-in?${new URLSearchParams({ for: address })}`);
    const page = await browser.open(`/sign-in?${new URLSearchParams({ for: address })}`);
    expect([page.status, page.headers.location]).toEqual([address.startsWith('/%0d') ? 400 : 200, undefined]);
    expect(page.headers['set-cookie'] ?? []).not.toContain('a=b');
    expect(page.text).not.toContain('evil');
  });
});

describe('the session of a person', () => {
  beforeEach(async () => {
    await browser.signIn();
  });

  it('opens what WebDAV would, for pages of ours, and changes it', async () => {
    expect((await send('/ada/docs/', { ...FROM_OUR_PAGE, depth: '1' }, { method: 'PROPFIND' })).status).toBe(207);
    expect((await send('/ada/docs/new', FROM_OUR_PAGE, { method: 'PUT', body: 'new' })).status).toBe(201);
    expect((await send('/ada/docs/new', FROM_OUR_PAGE, { method: 'DELETE' })).status).toBe(204);
    expect((await send('/grace/', { ...FROM_OUR_PAGE, depth: '0' }, { method: 'PROPFIND' })).status).toBe(404);
    const lines = bench.server.logged.map(line => JSON.parse(line)).filter(({ method }) => method === 'PUT');
    expect(lines.at(-1)).toMatchObject({ user: 'ada@contoso.com', status: 201, audit: 'file-created' });
  });

  it.each([
    ['a page elsewhere', { 'sec-fetch-site': 'cross-site' }],
    ['another host of our domain', { 'sec-fetch-site': 'same-site' }],
    ['an address that was typed', { 'sec-fetch-site': 'none' }],
    ['a program that does not say', {}],
    [
      'a form elsewhere',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ],
  ])('changes nothing for %s', async (_, headers) => {
    for (const method of ['PUT', 'DELETE', 'MKCOL', 'PROPFIND', 'POST', 'LOCK']) {
      const answer = await send('/ada/docs/a.txt', headers as Record<string, string>, { method });
      expect([method, answer.status]).toEqual([method, 401]);
    }
    expect((await send('/ada/docs/a.txt', FROM_OUR_PAGE)).text).toBe('content');
  });

  it.each(['cross-site', 'same-site'])('loads nothing into a page that is %s, but follows its links', async site => {
    for (const [mode, dest] of [
      ['no-cors', 'image'],
      ['cors', 'empty'],
      ['navigate', 'iframe'],
      ['navigate', 'object'],
    ] as const) {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
      expect([mode, dest, (await send('/ada/docs/a.txt', headers)).status]).toEqual([mode, dest, 401]);
    }
    expect((await send('/ada/docs/a.txt', { ...OPENED, 'sec-fetch-site': site })).text).toBe('content');
  });

  it('is not asked where there are other credentials', async () => {
    const { user, password } = bench.server;
    const basic = (name: string) => ({ ...FROM_OUR_PAGE, authorization: `Basic ${btoa(`${name}:${password}`)}` });
    expect((await send('/grace/', { ...basic(user), depth: '0' }, { method: 'PROPFIND' })).status).toBe(207);
    expect((await send('/ada/', { ...basic('nobody'), depth: '0' }, { method: 'PROPFIND' })).status).toBe(401);
  });

  it('opens nothing once it has ended', async () => {
    const value = browser.cookies.get('__Host-onedrive-webdav-session')!;
    await browser.send(await browser.open(''), '/sign-out', {}, { 'sec-fetch-site': 'same-origin' });
    browser.cookies.set('__Host-onedrive-webdav-session', value);
    expect((await send('/ada/docs/a.txt', FROM_OUR_PAGE)).status).toBe(401);
    expect((await browser.open(`${bench.server.url}/ada/`)).title).toMatch(/^Sign in to your files/);
  });
});

describe('guests', () => {
  it('are let in by a session that has ended as without one', async () => {
    const yaml = [...PEOPLE, 'auth: { anonymous: { mounts: [grace] } }'];
    const open = await startAccountBench({ yaml });
    try {
      const headers = { ...OPENED, cookie: `__Host-onedrive-webdav-session=${'a'.repeat(43)}` };
      const answer = await open.plain(`${open.server.url}/grace/`, { headers });
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    } finally {
      await open.stop();
    }
  });
});
