import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../../src/drive/path.ts';
import { renderFolderPage } from '../../../src/webdav/folder-page/folder-page.ts';
import { parseXml } from '../../../src/webdav/xml/xml-reader.ts';
import { type Dav, davClient } from '../../support/dav-client.ts';
import { withFaults } from '../../support/faulty-drive.ts';
import { HTML, linksOf, listedEntry, rowsOf } from '../../support/folder-html.ts';
import { type FrontDoorTest, startFrontDoor } from '../../support/front-door.ts';

describe('a folder in a browser', () => {
  let door: FrontDoorTest;
  let dav: Dav;

  beforeAll(async () => {
    door = await startFrontDoor();
    dav = davClient(door);
    await dav('MKCOL', '/m/docs');
    await dav('MKCOL', '/m/docs/Zoo');
    await dav('MKCOL', '/m/docs/empty');
    await putFile('part 10.txt', 5, '2026-01-01T00:00:00Z');
    await putFile('part 2.txt', 2000, '2026-01-03T00:00:00Z');
    await putFile('Part 1.txt', 1, '2026-01-02T10:20:30Z');
  });
  afterAll(async () => {
    await door?.stop();
  });

  async function putFile(name: string, size: number, modified: string): Promise<void> {
    const body = (async function* () {
      yield Buffer.alloc(size);
    })();
    const signal = new AbortController().signal;
    await door.drive.write(toDrivePath(['docs', name]), body, { signal, modified: new Date(modified) });
  }

  const page = async (path: string) => (await dav('GET', path, HTML)).text;

  it.each([
    ['', ['empty', 'Zoo', 'Part 1.txt', 'part 2.txt', 'part 10.txt'], 'Name', 'ascending'],
    ['?sort=name&order=desc', ['Zoo', 'empty', 'part 10.txt', 'part 2.txt', 'Part 1.txt'], 'Name', 'descending'],
    ['?sort=size', ['empty', 'Zoo', 'Part 1.txt', 'part 10.txt', 'part 2.txt'], 'Size', 'ascending'],
    ['?sort=size&order=desc', ['empty', 'Zoo', 'part 2.txt', 'part 10.txt', 'Part 1.txt'], 'Size', 'descending'],
    ['?sort=color&order=up&x', ['empty', 'Zoo', 'Part 1.txt', 'part 2.txt', 'part 10.txt'], 'Name', 'ascending'],
    ['?order=desc', ['Zoo', 'empty', 'part 10.txt', 'part 2.txt', 'Part 1.txt'], 'Name', 'descending'],
  ])('sorts %s: folders first, numbers as numbers', async (query, rows, column, sorted) => {
    const html = await page(`/m/docs/${query}`);
    expect(rowsOf(html)).toEqual(rows);
    expect(html.match(/<th[^>]* aria-sort="/g)).toHaveLength(1);
    expect(html).toMatch(new RegExp(`<th scope="col" aria-sort="${sorted}"><a [^>]*>${column}</a></th>`));
  });

  it('sorts by time', async () => {
    const files = rowsOf(await page('/m/docs/?sort=modified&order=desc')).filter(name => name.endsWith('.txt'));
    expect(files).toEqual(['part 2.txt', 'Part 1.txt', 'part 10.txt']);
  });

  it('links each header to its order: reversed where it is sorted, elsewhere largest and newest first', async () => {
    expect(linksOf(await page('/m/docs')).slice(2, 5)).toEqual([
      '/m/docs/?sort=name&amp;order=desc',
      '/m/docs/?sort=size&amp;order=desc',
      '/m/docs/?sort=modified&amp;order=desc',
    ]);
    expect(linksOf(await page('/m/docs/?sort=size&order=desc'))).toContain('/m/docs/?sort=size&amp;order=asc');
  });

  it('shows sizes and times for people, and exactly for programs', async () => {
    const html = await page('/m/docs/');
    expect(html).toContain('<td><data value="2000" title="2,000 bytes">2.0 KiB</data></td>');
    expect(html).toContain('<td><data value="1" title="1 byte">1 B</data></td>');
    expect(html).toContain('<td><time datetime="2026-01-02T10:20:30Z">2026-01-02 10:20</time></td>');
    expect(html).toContain('<caption>2 folders, 3 files</caption>');
    expect(html).toMatch(/<p><data value="\d+" title="[\d,]+ bytes">[\d.]+ [MGT]iB<\/data> free<\/p>/);
  });

  it('tells folders from files to readers who do not see the page', async () => {
    const html = await page('/m/docs/');
    expect(html).toMatch(/^<!DOCTYPE html>\n<html lang="en">/);
    expect(html).toContain('<title>docs – m</title>');
    for (const landmark of ['header', 'nav', 'main', 'h1', 'caption']) {
      expect(html.match(new RegExp(`<${landmark}[ >]`, 'g'))).toHaveLength(1);
    }
    expect(html.match(/<th scope="col"/g)).toHaveLength(3);
    expect(html.match(/<span class="unseen">Folder: <\/span>/g)).toHaveLength(2);
    expect(html).not.toMatch(/<th(?! scope="(row|col)")[ >]/);
  });

  it('says that a folder is empty, without a table', async () => {
    const html = await page('/m/docs/empty/');
    expect(html).toContain('<p>This folder is empty.</p>');
    expect(html).not.toContain('<table');
  });

  it('leads up to every ancestor, and down from the roots', async () => {
    expect(linksOf(await page('/m/docs/empty/'))).toEqual(['/', '/m/', '/m/docs/']);
    const root = await page('/');
    expect(root).toContain('<h1 translate="no"><bdi>Home</bdi></h1>');
    expect(root).not.toContain('<nav');
    expect(linksOf(root).at(-1)).toBe('/m/');
    const mount = await page('/m');
    expect([linksOf(mount)[0], linksOf(mount).at(-1)]).toEqual(['/', '/m/docs/']);
  });

  it('shows free space where a drive has it, and at the root when there is one drive only', async () => {
    expect(await page('/m/')).toContain(' free<');
    expect(await page('/')).toContain(' free<');
    const mounts = ['one', 'two'].map(name => ({ name, drive: createMemoryDrive(), readOnly: false }));
    const several = await startFrontDoor({ mounts });
    try {
      expect((await davClient(several)('GET', '/', HTML)).text).not.toContain(' free<');
    } finally {
      await several.stop();
    }
  });

  it('shows the size of a folder where the drive knows it', async () => {
    const list = async () => [
      listedEntry('big', { kind: 'folder', treeSize: 3 * 1024 ** 3 }),
      listedEntry('some', { kind: 'folder' }),
    ];
    const knowing = await startFrontDoor({ drive: withFaults(createMemoryDrive(), { list }) });
    try {
      const { text } = await davClient(knowing)('GET', '/m/', HTML);
      expect(text).toContain('<td><data value="3221225472" title="3,221,225,472 bytes">3.0 GiB</data></td>');
      expect(text).toContain('some</bdi></a></th><td></td>');
    } finally {
      await knowing.stop();
    }
  });
});

describe('a folder in a browser, with odd names', () => {
  it('shows names as text and links them by their encoding, whatever is in them', async () => {
    const door = await startFrontDoor();
    try {
      const dav = davClient(door);
      const names = [
        '<script>&"\'.txt',
        '"><img src=x onerror=alert(1)>',
        "a ' onclick='x",
        '#1 100%.txt',
        '\u202egnp.exe',
      ];
      await dav('MKCOL', `/m/${encodeURIComponent('<b>&amp; co')}`);
      for (const name of names) {
        await dav('PUT', `/m/${encodeURIComponent('<b>&amp; co')}/${encodeURIComponent(name)}`, {}, 'x');
      }
      const html = (await dav('GET', '/m/%3Cb%3E%26amp%3B%20co/', HTML)).text;
      expect(rowsOf(html).toSorted()).toEqual(
        [
          '&lt;script&gt;&amp;&quot;&#39;.txt',
          '&quot;&gt;&lt;img src=x onerror=alert(1)&gt;',
          'a &#39; onclick=&#39;x',
          '#1 100%.txt',
          '\u202egnp.exe',
        ].toSorted(),
      );
      expect(html).toContain('<title>&lt;b&gt;&amp;amp; co – m</title>');
      expect(html).toContain('<bdi>&lt;b&gt;&amp;amp; co</bdi></h1>');
      expect(linksOf(html)).toContain('/m/%3Cb%3E%26amp%3B%20co/%3Cscript%3E%26%22%27.txt');
      expect(linksOf(html)).toContain('/m/%3Cb%3E%26amp%3B%20co/%231%20100%25.txt');
      expect(html).not.toMatch(/<script|<img|<b>/);
      // Every element but meta is closed, and every attribute is quoted.
      expect(() => parseXml(html.replace(/^.*\n/, '').replace(/<meta [^>]*>/g, ''))).not.toThrow();
      for (const link of linksOf(html).slice(5)) {
        expect((await dav('GET', link)).text).toBe('x');
      }
    } finally {
      await door.stop();
    }
  });

  it('puts the prefix of the tree before every link', async () => {
    const door = await startFrontDoor({ listen: { basePath: ['dav', 'x y'] } });
    try {
      const dav = davClient(door);
      await dav('MKCOL', '/dav/x%20y/m/docs');
      const links = linksOf((await dav('GET', '/dav/x%20y/m/?sort=size', HTML)).text);
      expect(links).toEqual([
        '/dav/x%20y/',
        '/dav/x%20y/m/?sort=name&amp;order=asc',
        '/dav/x%20y/m/?sort=size&amp;order=desc',
        '/dav/x%20y/m/?sort=modified&amp;order=desc',
        '/dav/x%20y/m/docs/',
      ]);
    } finally {
      await door.stop();
    }
  });
});

describe('renderFolderPage', () => {
  it('comes in small pieces', () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => listedEntry(`entry ${index}.txt`));
    const order = { by: 'name', direction: 'asc' } as const;
    const pieces = [
      ...renderFolderPage({ names: [], entries, order, quota: undefined, hrefOf: () => '/x', language: 'en' }),
    ];
    expect(pieces.length).toBeGreaterThan(100);
    expect(Math.max(...pieces.map(piece => piece.length))).toBeLessThan(32 * 1024);
  });
});
