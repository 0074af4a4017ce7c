import { expect } from 'vitest';
import { type Item, namesOf, type Page, pageOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

const DEFAULT_PAGE = 200;
const COUNT = DEFAULT_PAGE + 5;
/** Few at once: Graph asks for that, and the emulator counts. */
const AT_ONCE = 4;

const NAMES = Array.from({ length: COUNT }, (_, index) => `file ${String(index).padStart(3, '0')}.txt`);

/** A folder with more children than a page has, which no case changes. */
function large(bench: Bench): Promise<Item> {
  return bench.once('listing', async () => {
    const folder = await bench.makeFolder(bench.home, 'listing');
    for (let start = 0; start < COUNT; start += AT_ONCE) {
      await Promise.all(NAMES.slice(start, start + AT_ONCE).map(name => bench.file(folder, name, 'x')));
    }
    return folder;
  });
}

async function pagesOf(bench: Bench, query: string): Promise<Page[]> {
  return bench.pages(`${bench.item(await large(bench))}/children${query}`);
}

function sizesOf(pages: readonly Page[]): number[] {
  return pages.map(page => page.value.length);
}

/** `$skiptoken` in whatever spelling. */
function skipTokenOf(page: Page): string | undefined {
  return new URL(page['@odata.nextLink']!).search.match(/[?&](?:\$|%24)skiptoken=([^&]+)/i)?.[1];
}

export const LISTING: ContractCase[] = [
  {
    it: 'a page has 200 children by default, and nextLinks lead through all without duplicates',
    source: '§2.4 [DOC]',
    run: async bench => {
      const pages = await pagesOf(bench, '');
      expect(sizesOf(pages)).toEqual([DEFAULT_PAGE, 5]);
      expect(namesOf(pages.flatMap(page => page.value))).toEqual(NAMES);
    },
  },
  {
    it: '$top=1000 is heeded',
    source: '§2.4 [OBS: rclone ships it; staff in ODD#74]',
    run: async bench => {
      expect(sizesOf(await pagesOf(bench, '?$top=1000'))).toEqual([COUNT]);
    },
  },
  {
    it: 'a small $top holds on every page',
    source: '§2.4 [DOC]',
    run: async bench => {
      const pages = await pagesOf(bench, '?$top=50&$select=name');
      expect(sizesOf(pages)).toEqual([50, 50, 50, 50, 5]);
      expect(namesOf(pages.flatMap(page => page.value))).toEqual(NAMES);
      expect(Object.keys(pages.at(-1)!.value[0]!).filter(key => !key.startsWith('@'))).toEqual(['name']);
    },
  },
  {
    it: 'a nextLink carries an opaque $skiptoken and is not needed at the end',
    source: '§2.4 [OBS ODD#740]',
    run: async bench => {
      const pages = await pagesOf(bench, '?$top=150');
      expect(skipTokenOf(pages[0]!)).toBeTruthy();
      expect(pages[1]).not.toHaveProperty('@odata.nextLink');
    },
  },
  {
    it: 'an order holds over the pages',
    source: '§2.4 [BG]',
    run: async bench => {
      const pages = await pagesOf(bench, '?$top=100&$orderby=name%20desc');
      expect(pages.flatMap(page => page.value.map(item => item.name))).toEqual([...NAMES].reverse());
    },
  },
  {
    it: '$expand=children holds the first page only',
    source: '§2.4 [BG for the annotation]',
    run: async bench => {
      const item = await bench.read(await large(bench), '?$expand=children');
      expect(item.children).toHaveLength(DEFAULT_PAGE);
      expect(item).toHaveProperty(['children@odata.nextLink'], expect.stringMatching(/^https:/));
    },
  },
  {
    it: 'an empty folder has an empty page',
    source: '§2.4 [DOC]',
    run: async bench => {
      const page = pageOf(await bench.graph('GET', `${bench.item(await bench.folder())}/children`));
      expect(page.value).toEqual([]);
      expect(page).not.toHaveProperty('@odata.nextLink');
    },
  },
  {
    it: 'children are those of the folder, not of folders below it',
    source: '§2.4 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      await bench.file(await bench.makeFolder(folder, 'sub'), 'deep.txt');
      await bench.expectNames(folder, ['sub']);
    },
  },
  {
    it: 'a file that was put is listed',
    source: '§2.7 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      const { id, size } = await bench.file(folder, 'new.txt', '12345');
      await bench.expectChildren(folder, [{ id, size, name: 'new.txt' }]);
    },
  },
  {
    it: 'a file that was deleted is listed no more',
    source: '§2.11 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      const file = await bench.file(folder, 'old.txt');
      await bench.graph('DELETE', bench.item(file));
      await bench.expectNames(folder, []);
    },
  },
  ...answerCases([
    {
      it: '$skip is invalidRequest',
      source: '§2.4 [OBS, weak: microsoft-onedrive-mock; msgraph-sdk-php#218]',
      status: 400,
      code: 'invalidRequest',
      ask: async bench => bench.graph('GET', `${bench.item(bench.home)}/children?$skip=1`),
    },
    {
      it: '$count is refused',
      source: '§2.4 [OBS, weak: microsoft-onedrive-mock]',
      status: 400,
      ask: async bench => bench.graph('GET', `${bench.item(bench.home)}/children?$count=true`),
    },
    {
      it: 'a damaged $skiptoken is refused',
      source: '§2.4: links are to be followed verbatim',
      status: 400,
      ask: async bench => bench.graph('GET', `${bench.item(bench.home)}/children?$skiptoken=nonsense`),
    },
    {
      it: 'an unknown folder has no children',
      source: '§3.1 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => {
        const folder = await bench.folder();
        await bench.graph('DELETE', bench.item(folder));
        return bench.graph('GET', `${bench.item(folder)}/children`);
      },
    },
  ]),
];
