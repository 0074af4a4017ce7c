import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openInChromium, urlWithPassword } from '../support/chromium.ts';
import { davClient } from '../support/dav-client.ts';
import { describeWith } from '../support/foreign-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

describeWith('chromium', 'chromium', () => {
  let server: TestServer;

  beforeAll(async () => {
    // The page without the app; that one has tests of its own (test/browser-app).
    server = await startTestServer({ yaml: ['browser: false'] });
    const { ada } = server.mailboxes;
    await ada.put('/Photos/pier 10.jpg', 'x'.repeat(3000));
    await ada.put('/Photos/pier 2.jpg', 'x'.repeat(20_000));
    await ada.put(`/Photos/&lt;img onerror='document.title=1'&amp;.txt`, 'x');
    ada.mkdir('/Photos/Raw');
  });
  afterAll(async () => {
    await server?.stop();
  });

  const open = (path: string) => openInChromium(urlWithPassword(server, path), ['--dump-dom']);

  it('signs in and shows a folder as it is, and the policy of the page refuses nothing of it', async () => {
    const { stdout, console } = await open('/ada/Photos/');
    expect(cellsOf(stdout)).toEqual([
      ['Folder: Raw', '0 B'],
      ["&lt;img onerror='document.title=1'&amp;.txt", '1 B'],
      ['pier 2.jpg', '20 KiB'],
      ['pier 10.jpg', '2.9 KiB'],
    ]);
    expect(stdout).toContain('<title>Photos – ada</title>');
    expect(console).toEqual([]);
  });

  it('has links that lead up, down and to another order', async () => {
    const { stdout } = await open('/ada/Photos/?sort=size&order=desc');
    expect(cellsOf(stdout).map(([name]) => name)).toEqual([
      'Folder: Raw',
      'pier 2.jpg',
      'pier 10.jpg',
      "&lt;img onerror='document.title=1'&amp;.txt",
    ]);
    for (const [link, title] of [
      ['/', 'Home'],
      ['/ada/', 'ada'],
      ['/ada/Photos/Raw/', 'Raw – ada/Photos'],
    ] as const) {
      expect(stdout).toContain(`href="${link}"`);
      expect((await open(link)).stdout).toContain(`<title>${title}</title>`);
    }
  });

  it('would say so if the policy did not fit the style', async () => {
    const { headers, text } = await davClient(server)('GET', '/ada/Photos/', { Accept: 'text/html' });
    const other = createServer((_, response) => {
      response.writeHead(200, [...headers].filter(([name]) => /^content-(type|security)/.test(name)).flat());
      response.end(text.replace('</style>', ' </style>'));
    });
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    try {
      const { console } = await openInChromium(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`, [
        '--dump-dom',
      ]);
      expect(console.join('\n')).toContain('Content Security Policy');
    } finally {
      other.close();
    }
  });
});

/** Name and size of each row, as they read. */
function cellsOf(dom: string): string[][] {
  const rows = dom.matchAll(/<tr><th scope="row">(.*?)<\/th><td>(.*?)<\/td>/g);
  return [...rows].map(([, ...cells]) => cells.map(cell => unescapeHtml(cell.replaceAll(/<[^>]*>/g, ''))));
}

function unescapeHtml(html: string): string {
  return html.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
