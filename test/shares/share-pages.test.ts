import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserAppOf, loadBrowserApp } from '../../src/app/browser-app.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import type { FrontDoorTest } from '../support/front-door.ts';
import { type MadeShare, makeShare, startShares, visitor } from '../support/shares.ts';

const CONFIG = {
  browser: true,
  tenants: [],
  downloads: { customHost: null, proxy: { urls: [] } },
} as unknown as Parameters<typeof browserAppOf>[0];

/** Not the name of a folder: in an attribute it must stay a text. */
const NAME = 'In & "out"';

let front: FrontDoorTest;
let guest: Dav;
let read: MadeShare;
let upload: MadeShare;

beforeAll(async () => {
  front = await startShares({
    browserApp: browserAppOf(CONFIG, await loadBrowserApp()),
    listen: { basePath: ['dav'] },
  });
  guest = visitor(front);
  const dav = davClient(front);
  const folder = `/dav/m/${encodeURIComponent(NAME)}/`;
  await dav('MKCOL', folder);
  await dav('PUT', `${folder}a.txt`, {}, 'four');
  read = await makeShare(dav, folder, { kind: 'read' });
  upload = await makeShare(dav, folder, { kind: 'upload' });
});
afterAll(() => front.stop());

const page = (share: MadeShare, headers: Record<string, string> = {}, query = '') =>
  guest('GET', `${share.root}${query}`, { Accept: 'text/html', ...headers });
const textOf = (html: string) => html.replaceAll(/<[^>]*>/g, ' ');

describe('the page of a share, with the app', () => {
  it.each(['the plain one', 'the shell'])('has its root in the share, and its files at the server: %s', async kind => {
    const { text, headers } = await page(read, kind === 'the shell' ? { Cookie: 'webdav-app=dark' } : {});
    expect(text.includes('<table>')).toBe(kind === 'the plain one');
    expect(text).toContain(`data-root="${read.root}" data-server="/dav/"`);
    expect(text).toMatch(/src="\/dav\/-\/app\/main-[\w-]+\.js"/);
    expect(text).toContain('<title>In &amp; &quot;out&quot;</title>');
    expect(textOf(text)).not.toContain(read.token);
    // What is installed starts at the root of the server.
    expect(text).not.toContain('rel="manifest"');
    const [, nonce] = /script-src 'nonce-([^']+)'/.exec(headers.get('Content-Security-Policy')!)!;
    expect(text).toContain(`nonce="${nonce}"`);
    expect(headers.get('Content-Security-Policy')).toContain("form-action 'none'");
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    const [, script] = /src="([^"]+)"/.exec(text)!;
    expect((await guest('GET', script!)).status).toBe(200);
  });

  it('tells the app what people call its root, and nothing above it', async () => {
    const { text } = await guest('GET', `${read.root}?view=entries`);
    const head = JSON.parse(text.split('\n', 1)[0]!).folder;
    expect(head).toMatchObject({ path: [], root: NAME, href: read.root, access: 'read', user: '' });
    expect(head.can).toEqual({ upload: 'no', search: true, share: [], versions: false });
    expect([head.account, head.status, head.hasShares, head.quota]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('of one that takes files has the app as well, and a form; not without scripts', async () => {
    const { text, headers } = await page(upload);
    expect(text).toContain(`data-root="${upload.root}" data-server="/dav/"`);
    expect(text).toContain('data-takes-files-as="In &amp; &quot;out&quot;"');
    expect(text).toContain(`<form method="post" action="${upload.root}" enctype="multipart/form-data">`);
    expect(headers.get('Content-Security-Policy')).toContain("form-action 'self'");
    expect(text).not.toContain('a.txt');
    const plain = await page(upload, {}, '?view=plain');
    expect(plain.text).toContain(`<form method="post" action="${upload.root}"`);
    expect(plain.text).not.toContain('<script');
    expect(plain.headers.get('Content-Security-Policy')).not.toContain('script-src');
  });
});
