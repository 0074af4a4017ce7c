import { expect } from 'vitest';
import { type Answer, expectAnswer, type Item, itemOf, type Page, pageOf, REFUSED } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

/** A real drive may be large: this many pages of an enumeration are enough for a case. */
const MAX_PAGES = 1000;

function deltaPath(bench: Bench): string {
  return `${bench.drive}/root/delta`;
}

/** The link from which the feed reports changes. */
async function latest(bench: Bench): Promise<string> {
  const page = pageOf(await bench.graph('GET', `${deltaPath(bench)}?token=latest`));
  return page['@odata.deltaLink']!;
}

interface Run {
  readonly items: Item[];
  /** The last one of each id: "the last occurrence wins". */
  readonly byId: ReadonlyMap<string, Item>;
  readonly deltaLink: string;
}

/** Follows all pages to the deltaLink. */
async function follow(bench: Bench, path: string): Promise<Run> {
  const pages: Page[] = await bench.pages(path, MAX_PAGES);
  const items = pages.flatMap(page => page.value);
  const deltaLink = pages.at(-1)!['@odata.deltaLink'];
  expect(deltaLink).toMatch(/^https:/);
  return { items, byId: new Map(items.map(item => [item.id, item])), deltaLink: deltaLink! };
}

/** What changed since `link`, as soon as `id` is among it. Changes lag (§2.13). */
async function changes(bench: Bench, link: string, id: string): Promise<Run> {
  return bench.eventually(async () => {
    const run = await follow(bench, link);
    expect([...run.byId.keys()]).toContain(id);
    return run;
  });
}

interface Change {
  readonly it: string;
  readonly source: string;
  make(bench: Bench, folder: Item, file: Item): Promise<Item>;
  expected(bench: Bench, folder: Item): object;
}

const CHANGES: Change[] = [
  {
    it: 'a new file appears',
    source: '§2.13 [DOC]',
    make: (bench, folder) => bench.file(folder, 'new.txt', '12345'),
    expected: (_, folder) => ({ name: 'new.txt', size: 5, file: {}, parentReference: { id: folder.id } }),
  },
  {
    it: 'a new folder appears',
    source: '§2.13 [DOC]',
    make: (bench, folder) => bench.makeFolder(folder, 'new'),
    expected: (_, folder) => ({ name: 'new', folder: {}, parentReference: { id: folder.id } }),
  },
  {
    it: 'new content appears',
    source: '§2.13 [DOC]',
    make: (bench, folder) => bench.file(folder, 'a.txt', '1234567'),
    expected: () => ({ name: 'a.txt', size: 7 }),
  },
  {
    it: 'a rename appears',
    source: '§2.13 [DOC]',
    make: async (bench, _, file) => itemOf(await bench.patch(file, { name: 'b.txt' })),
    expected: () => ({ name: 'b.txt' }),
  },
  {
    it: 'a move appears with its new parent',
    source: '§2.13 [DOC]',
    make: async (bench, _, file) => itemOf(await bench.patch(file, { parentReference: { id: bench.home.id } })),
    expected: bench => ({ name: 'a.txt', parentReference: { id: bench.home.id } }),
  },
  {
    it: 'a delete appears as id and the facet deleted',
    source: '§2.13 [DOC]: Business leaves cTag and name out',
    make: async (bench, _, file) => {
      expectAnswer(await bench.graph('DELETE', bench.item(file)), 204);
      return file;
    },
    expected: () => ({ deleted: {} }),
  },
];

export const DELTA: ContractCase[] = [
  {
    it: 'token=latest has no items and a deltaLink',
    source: '§2.13 [DOC]',
    run: async bench => {
      const page = pageOf(await bench.graph('GET', `${deltaPath(bench)}?token=latest`));
      expect(page.value).toEqual([]);
      expect(page['@odata.deltaLink']).toMatch(/^https:/);
      expect(page).not.toHaveProperty('@odata.nextLink');
    },
  },
  {
    it: 'an enumeration has the root and everything that a listing has',
    source: '§2.13 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      const sub = await bench.makeFolder(folder, 'sub');
      const file = await bench.file(sub, 'a.txt', '12345');
      const root = await bench.read('root');
      await bench.eventually(async () => {
        const { byId } = await follow(bench, deltaPath(bench));
        expect(byId.get(root.id)).toMatchObject({ root: {} });
        expect(byId.get(sub.id)).toMatchObject({ name: 'sub', parentReference: { id: folder.id } });
        expect(byId.get(file.id)).toMatchObject({ name: 'a.txt', size: 5, parentReference: { id: sub.id } });
      });
    },
  },
  {
    it: 'items of delta have no path in parentReference',
    source: '§2.13 [DOC]',
    run: async bench => {
      const link = await latest(bench);
      const file = await bench.file(await bench.folder(), 'a.txt');
      const { byId } = await changes(bench, link, file.id);
      expect(byId.get(file.id)!.parentReference).not.toHaveProperty('path');
    },
  },
  {
    it: '$top bounds a page, and a page with a nextLink has no deltaLink',
    source: '§2.13 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      await bench.file(folder, 'a.txt');
      await bench.file(folder, 'b.txt');
      // Root, suite's folder, case's folder and two files: two pages are full, whatever else the drive has.
      const pages = await bench.pages(`${deltaPath(bench)}?$top=2`, 2);
      expect(pages.every(page => page.value.length <= 2)).toBe(true);
      expect(pages.map(page => ['@odata.nextLink' in page, '@odata.deltaLink' in page])).toEqual([
        [true, false],
        [true, false],
      ]);
    },
  },
  {
    it: 'small pages have everything that large ones have',
    source: '§2.13 [DOC]: delta alone is complete',
    run: async bench => {
      await bench.file(await bench.folder(), 'a.txt');
      const all = await follow(bench, deltaPath(bench));
      const size = Math.ceil(all.byId.size / 3);
      const { byId } = await follow(bench, `${deltaPath(bench)}?$top=${size}`);
      expect([...byId.keys()].sort()).toEqual([...all.byId.keys()].sort());
    },
  },
  ...CHANGES.map(({ it, source, make, expected }) => ({
    it,
    source,
    run: async (bench: Bench) => {
      const folder = await bench.folder();
      const file = await bench.file(folder, 'a.txt', 'hello');
      // The file's own creation is told before: only the change is asked for.
      const { deltaLink } = await follow(bench, await latest(bench));
      const changed = await make(bench, folder, file);
      const { byId } = await changes(bench, deltaLink, changed.id);
      expect(byId.get(changed.id)).toMatchObject(expected(bench, folder));
    },
  })),
  {
    it: 'the delete of a folder appears',
    source: '§2.13 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      await bench.file(folder, 'a.txt');
      const link = await latest(bench);
      await bench.graph('DELETE', bench.item(folder));
      const { byId } = await changes(bench, link, folder.id);
      expect(byId.get(folder.id)).toHaveProperty('deleted');
    },
  },
  {
    it: 'the rename of a folder appears without the files in it',
    source: '§2.13 [DOC]: only the folder appears',
    run: async bench => {
      const folder = await bench.folder();
      const file = await bench.file(folder, 'a.txt');
      const link = await latest(bench);
      expectAnswer(await bench.patch(folder, { name: `${folder.name} renamed` }), 200);
      const { byId } = await changes(bench, link, folder.id);
      expect(byId.has(file.id)).toBe(false);
    },
  },
  {
    it: 'the parents of what changed appear',
    source: '§2.13 [DOC]: unless deltaExcludeParent is sent',
    run: async bench => {
      const folder = await bench.folder();
      const link = await latest(bench);
      const file = await bench.file(folder, 'a.txt');
      const { byId } = await changes(bench, link, file.id);
      expect([...byId.keys()]).toEqual(expect.arrayContaining([folder.id, bench.home.id]));
    },
  },
  {
    it: 'a deltaLink tells the same twice',
    source: '§2.13 [DOC]: a token is a place in time',
    run: async bench => {
      const link = await latest(bench);
      const file = await bench.file(await bench.folder(), 'a.txt');
      await changes(bench, link, file.id);
      expect([...(await follow(bench, link)).byId.keys()]).toContain(file.id);
    },
  },
  {
    it: 'nothing of this folder is told when nothing changed in it',
    source: '§2.13 [DOC]',
    run: async bench => {
      const file = await bench.file(await bench.folder(), 'a.txt');
      const first = await follow(bench, await latest(bench));
      const second = await follow(bench, first.deltaLink);
      expect(second.byId.has(file.id)).toBe(false);
    },
  },
  {
    it: '$select holds for delta',
    source: '§2.13 [DOC]',
    run: async bench => {
      const answer: Answer = await bench.graph('GET', `${deltaPath(bench)}?$select=id,name&$top=5`);
      const [item] = pageOf(answer).value;
      expect(Object.keys(item!).filter(key => !key.startsWith('@'))).toEqual(expect.arrayContaining(['id', 'name']));
      expect(item).not.toHaveProperty('size');
    },
  },
  ...answerCases([
    {
      it: 'a token that is none is refused',
      source: '§2.13 [DOC 410; OBS corso: SyncStateInvalid]',
      status: REFUSED,
      ask: bench => bench.graph('GET', `${deltaPath(bench)}?token=nonsense`),
    },
  ]),
];
