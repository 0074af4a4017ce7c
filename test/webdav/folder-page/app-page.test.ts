import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserAppOf, loadBrowserApp } from '../../../src/app/browser-app.ts';
import { createMemoryDrive } from '../../../src/drive/memory-drive.ts';
import { type Dav, davClient } from '../../support/dav-client.ts';
import { withFaults } from '../../support/faulty-drive.ts';
import { HTML, linksOf, rowsOf } from '../../support/folder-html.ts';
import { type FrontDoorTest, startFrontDoor } from '../../support/front-door.ts';
import { basic } from '../../support/raw-http.ts';

const CONFIG = {
  browser: true,
  tenants: [{ cloud: 'china', contentHosts: ['127.0.0.1', 'files.example.com', '::1'] }],
  downloads: { customHost: 'https://cdn.example.com', proxy: { urls: ['https://proxy.example.com:8443/x'] } },
} as unknown as Parameters<typeof browserAppOf>[0];

/** The cookie of a browser that has run the app. */
const KNOWN = { ...HTML, Cookie: 'a=b; webdav-app=dark' };
/** What today's browsers say when somebody opens a page. */
const OPENED = { ...HTML, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

describe('a folder in a browser, with the app', () => {
  let door: FrontDoorTest;
  let dav: Dav;
  let lists = 0;

  beforeAll(async () => {
    const drive = createMemoryDrive();
    const counting = withFaults(drive, {
      list: (...given) => {
        lists += 1;
        return drive.list(...given);
      },
    });
    const browserApp = browserAppOf(CONFIG, await loadBrowserApp());
    door = await startFrontDoor({ drive: counting, browserApp, listen: { basePath: ['dav'] } });
    dav = davClient(door);
    await dav('MKCOL', '/dav/m/docs');
    await dav('PUT', '/dav/m/docs/a.txt', {}, 'x');
  });
  afterAll(async () => {
    await door?.stop();
  });

  /** Not `fetch`, which says itself where a request comes from. */
  const browse = async (path: string, headers: Record<string, string>) => {
    const { body } = await request(`${door.url}${path}`, {
      headers: { ...basic(door.user, door.password), ...headers },
    });
    return body.text();
  };
  const nonceOf = (html: string) => /<script type="module" async nonce="([^"]+)"/.exec(html)?.[1];
  const policyOf = ({ headers }: { headers: Headers }) => headers.get('content-security-policy')!.split('; ');

  it('is the whole page, and one script besides', async () => {
    const { text, headers } = await dav('GET', '/dav/m/docs/', HTML);
    expect(rowsOf(text)).toEqual(['a.txt']);
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).toMatch(
      /<script type="module" async nonce="[^"]+" src="\/dav\/-\/app\/main-[\w-]+\.js" data-root="\/dav\/"/,
    );
    expect(headers.get('vary')).toContain('Accept, Cookie, Sec-Fetch-Mode, Sec-Fetch-Dest, Upgrade-Insecure-Requests');
  });

  it('allows that script by a nonce of this answer, and no other: no host, no file of the tree, no inline one', async () => {
    const [one, other] = [await dav('GET', '/dav/m/docs/', HTML), await dav('GET', '/dav/m/docs/', HTML)];
    expect(policyOf(one)).toContain(`script-src 'nonce-${nonceOf(one.text)}'`);
    expect(nonceOf(one.text)).not.toBe(nonceOf(other.text));
    expect(nonceOf(one.text)).toMatch(/^[\w+/]{22}==$/);
    expect(policyOf(one)).toEqual(
      expect.arrayContaining([
        ...["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
        ...["require-trusted-types-for 'script'", 'trusted-types dompurify'],
      ]),
    );
    expect(policyOf(one).join()).not.toMatch(/unsafe|strict-dynamic|data:/);
    expect(one.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  });

  it('may load pictures, films and bytes from the hosts of the content, and scripts from none of them', async () => {
    const policy = policyOf(await dav('GET', '/dav/m/docs/', HTML));
    const hosts = [
      ...['https://*.sharepoint.cn', 'https://*.svc.ms', 'http://127.0.0.1:*', 'https://files.example.com:*'],
      ...['https://cdn.example.com', 'https://proxy.example.com:8443'],
    ].join(' ');
    expect(policy).toContain(`connect-src 'self' ${hosts}`);
    expect(policy).toContain(`img-src 'self' blob: ${hosts}`);
    expect(policy).toContain(`media-src 'self' blob: ${hosts}`);
  });

  it('is a shell for a browser that has run the app: nothing is listed for it', async () => {
    const before = lists;
    const { text, headers } = await dav('GET', '/dav/m/docs/', KNOWN);
    expect(lists).toBe(before);
    expect(text).toContain('<html lang="en" data-theme="dark">');
    expect(text).toContain('<title>docs – m</title>');
    expect(text).toContain('<noscript><meta http-equiv="refresh" content="0; url=?view=plain"></noscript>');
    expect(text.length).toBeLessThan(1500);
    expect(headers.get('vary')).toContain('Accept, Cookie, Sec-Fetch-Mode, Sec-Fetch-Dest, Upgrade-Insecure-Requests');
    expect(policyOf({ headers })).toContain(`script-src 'nonce-${nonceOf(text)}'`);
  });

  it.each([
    ['has not run it, and says that it opens a page', OPENED, 'auto'],
    ['has run it, and says that it opens a page', { ...OPENED, Cookie: 'webdav-app=light' }, 'light'],
    ['says nonsense of the look', { ...OPENED, Cookie: 'webdav-app=blue' }, 'auto'],
    ['opens a page by plain HTTP', { ...HTML, 'Upgrade-Insecure-Requests': '1' }, 'auto'],
  ])('is a shell for a browser that %s', async (_, headers, theme) => {
    const before = lists;
    const text = await browse('/dav/m/docs/', headers);
    expect(text).toContain(`<html lang="en" data-theme="${theme}">`);
    expect(text).toContain('<a href="?view=plain">');
    expect(lists).toBe(before);
  });

  it.each<Record<string, string>>([
    { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' },
    { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' },
    { 'Sec-Fetch-Mode': 'navigate', 'Upgrade-Insecure-Requests': '1' },
  ])('is the whole page for a script or a frame that asks for it: %o', async headers => {
    expect(rowsOf(await browse('/dav/m/docs/', { ...HTML, ...headers }))).toEqual(['a.txt']);
  });

  it.each(['webdav-app=blue', 'webdav-app=dark"><script>', 'xwebdav-app=dark', 'webdav-app='])(
    'takes nothing else from a cookie: %s',
    async cookie => {
      expect(rowsOf((await dav('GET', '/dav/m/docs/', { ...HTML, Cookie: cookie })).text)).toEqual(['a.txt']);
    },
  );

  it('is an error for a folder that is not there, with the cookie as without it', async () => {
    expect([(await dav('GET', '/dav/m/no/', HTML)).status, (await dav('GET', '/dav/m/no/', KNOWN)).status]).toEqual([
      404, 404,
    ]);
  });

  it('has no script where it is asked for as plain, and stays plain when it is sorted', async () => {
    const plain = await dav('GET', '/dav/m/docs/?view=plain', KNOWN);
    expect(rowsOf(plain.text)).toEqual(['a.txt']);
    expect(plain.text).not.toContain('<script');
    expect(policyOf(plain).join()).not.toContain('script-src');
    const sorting = linksOf(plain.text).filter(link => link.includes('sort='));
    expect(sorting[1]).toBe('/dav/m/docs/?view=plain&amp;sort=size&amp;order=desc');
    expect(sorting.every(link => link.includes('view=plain'))).toBe(true);
  });

  it('has no script for a program that reads the page without asking for HTML', async () => {
    const { text } = await dav('GET', '/dav/m/docs/', { 'User-Agent': 'lftp/4.9.2' });
    expect([rowsOf(text), text.includes('<script'), text.includes('<link')]).toEqual([['a.txt'], false, false]);
  });

  it('has the same headers for HEAD', async () => {
    const [head, get] = [await dav('HEAD', '/dav/m/docs/', KNOWN), await dav('GET', '/dav/m/docs/', KNOWN)];
    const names = ['content-type', 'cache-control', 'x-content-type-options', 'referrer-policy'];
    expect(names.map(name => head.headers.get(name))).toEqual(names.map(name => get.headers.get(name)));
    expect(head.headers.get('vary')).toContain(
      'Accept, Cookie, Sec-Fetch-Mode, Sec-Fetch-Dest, Upgrade-Insecure-Requests',
    );
  });
});
