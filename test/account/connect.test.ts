import decodeQR from 'qr/decode.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GUIDES } from '../../src/account/connect/guides.ts';
import { readDevicePassword } from '../../src/auth/device-password.ts';
import { type AccountBench, type AccountBrowser, startAccountBench } from '../support/account-bench.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';

const PUBLIC = 'https://files.contoso.com/cloud';

let bench: AccountBench;
let browser: AccountBrowser;

beforeAll(async () => {
  bench = await startAccountBench({ publicUrl: PUBLIC });
  bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
  browser = bench.browser();
  await browser.open('/sign-in');
});
afterAll(() => bench?.stop());
beforeEach(async () => {
  // Each test makes a few, and a person may have 20.
  await browser.send(await browser.open(''), '/revoke-all');
  await browser.open('/sign-in');
});

/** Makes a password for a device, and returns the page with it. */
async function connect(device: string): Promise<{ page: BrowserAnswer; password: string; copied: string[] }> {
  const page = await browser.send(await browser.open(`/connect/${device}`), `/connect/${device}`, { name: 'Laptop' });
  const texts = [...page.text.matchAll(/<pre id="[^"]*"[^>]*>([^<]*)<\/pre>/g)].map(([, text]) => unescapeHtml(text!));
  expect(readDevicePassword(texts[0]!)).toHaveProperty('digest');
  return { page, password: texts[0]!, copied: texts.slice(1) };
}

describe('the connect page', () => {
  it.each([
    ['Windows', { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36' }],
    ['macOS', { 'user-agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15' }],
    ['iPhone, iPad', { 'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)' }],
    ['Android', { 'user-agent': 'Mozilla/5.0 (Linux; Android 15; Pixel 9) Mobile' }],
    ['Linux desktop', { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0' }],
    ['Windows', { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)', 'sec-ch-ua-platform': '"Windows"' }],
    ['rclone', { 'user-agent': 'something' }],
    ['rclone', { 'user-agent': 'something', 'sec-ch-ua-platform': '"constructor"' }],
  ])('takes a browser for one on %s, and offers the others', async (label, headers) => {
    const other = bench.browser(headers);
    for (const [name, value] of browser.cookies) {
      other.cookies.set(name, value);
    }
    const { text } = await other.open('/connect');
    expect(/aria-current="page">([^<]*)</.exec(text)?.[1]).toBe(label);
    expect(text.match(/<li><a href="[^"]*\/-\/account\/connect\//g)).toHaveLength(7);
  });

  it('never has a password in an address, nor on a page that is read', async () => {
    const { password, page } = await connect('rclone');
    expect(page.headers['cache-control']).toBe('no-store');
    for (const device of ['windows', 'macos', 'linux', 'iphone', 'android', 'rclone', 'davfs2']) {
      const { text } = await browser.open(`/connect/${device}`);
      expect(text).not.toContain(password);
      expect([...text.matchAll(/ (?:href|action)="([^"]*)"/g)].filter(([, url]) => url!.includes('?'))).toEqual([]);
    }
  });

  it('gives Windows a line, an address and a file', async () => {
    const { page, copied } = await connect('windows');
    expect(copied).toEqual([`net use * "${PUBLIC}/" * "/user:ada@contoso.com" /persistent:yes`, `${PUBLIC}/`]);
    expect(page.text).toContain('href="/cloud/-/account/connect-onedrive.cmd" download');
  });

  it('gives Finder the address and the name', async () => {
    expect((await connect('macos')).copied).toEqual([`${PUBLIC}/`, 'ada@contoso.com']);
  });

  it('gives GNOME Files the address that names the person', async () => {
    const address = 'davs://ada%40contoso.com@files.contoso.com/cloud/';
    expect((await connect('linux')).copied).toEqual([address, `gio mount ${address}`]);
  });

  it('gives a shell an address with signs of its own as one word', () => {
    const address = "https://files.contoso.com/Tom's&Ada;$(id)/";
    const page = String(GUIDES.linux.steps({ address, userName: 'ada@contoso.com', password: 'p', windowsFile: '' }));
    expect(unescapeHtml(/<pre id="gio"[^>]*>([^<]*)</.exec(page)![1]!)).toBe(
      "gio mount 'davs://ada%40contoso.com@files.contoso.com/Tom'\\''s&Ada;$(id)/'",
    );
  });

  it('gives davfs2 its lines', async () => {
    const { password, copied } = await connect('davfs2');
    expect(copied.slice(0, 2)).toEqual([
      `"${PUBLIC}/" "ada@contoso.com" "${password}"`,
      `${PUBLIC}/ /mnt/onedrive davfs user,noauto,_netdev 0 0`,
    ]);
  });

  it('gives rclone one line', async () => {
    const { password, copied } = await connect('rclone');
    expect(copied[0]).toContain(
      ` rclone config create --obscure onedrive-webdav webdav url=${PUBLIC}/ vendor=owncloud user=ada@contoso.com pass=${password} `,
    );
  });

  it('gives phones the address as a QR code, without the password', async () => {
    for (const device of ['iphone', 'android']) {
      const { page, copied } = await connect(device);
      expect(copied).toEqual([`${PUBLIC}/`, 'ada@contoso.com']);
      expect(readQrCode(page.text)).toBe(`${PUBLIC}/`);
    }
  });
});

describe('the file for Windows', () => {
  it('checks the settings, asks for the password and holds none', async () => {
    const { password } = await connect('windows');
    const { status, headers, text } = await browser.open('/connect-onedrive.cmd');
    expect([status, headers['content-disposition'], headers['cache-control']]).toEqual([
      200,
      'attachment; filename="connect-onedrive.cmd"',
      'no-store',
    ]);
    expect(text).not.toContain(password);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(text).toContain(`set "ADDRESS=${PUBLIC}/"`);
    expect(text).toContain('net use * "%ADDRESS%" * "/user:%ACCOUNT%" /persistent:yes');
    for (const value of ['BasicAuthLevel', 'FileSizeLimitInBytes', 'FileAttributesLimitInBytes', 'Start']) {
      expect(text).toContain(`${value} 0x`);
    }
  });

  it('is for people who have signed in', async () => {
    expect((await bench.browser().open('/connect-onedrive.cmd')).title).toContain('Your files over WebDAV');
  });
});

/** Reads the code as a camera does: each module is a square of pixels. */
function readQrCode(html: string): string {
  const [, size, path] = /<svg viewBox="0 0 (\d+) \d+" role="img" aria-label="QR code[^>]*><path d="([^"]*)"/.exec(
    html,
  )!;
  const [scale, width] = [4, Number(size) * 4];
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y] of path!.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < scale; row += 1) {
      const start = ((Number(y) * scale + row) * width + Number(x) * scale) * 4;
      data.fill(0, start, start + scale * 4);
    }
  }
  return decodeQR({ width, height: width, data });
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
