import { expect } from 'vitest';
import { type Answer, expectAnswer, type Item, itemOf, namesOf, oneOf, pageOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

/** A folder with `sub/a.txt`, `it's.txt` and `sub/photo`, which no case changes. */
interface Tree {
  readonly folder: Item;
  readonly sub: Item;
  readonly file: Item;
  readonly quoted: Item;
}

function tree(bench: Bench): Promise<Tree> {
  return bench.once('addressing', async () => {
    const folder = await bench.makeFolder(bench.home, 'addressing');
    const sub = await bench.makeFolder(folder, 'sub');
    const file = await bench.file(sub, 'a.txt');
    await bench.file(sub, 'photo');
    return { folder, sub, file, quoted: await bench.file(folder, "it's.txt") };
  });
}

/** The path of the tree's file below the root. */
function pathOf({ target }: Bench): string {
  return `${encodeURIComponent(target.folder)}/addressing/sub/a.txt`;
}

type PathOf = (bench: Bench, tree: Tree) => string;

const OBSERVED = 'Later findings [OBS]: sent by real clients';
const DOCUMENTED = '§2.3 [DOC addressing-driveitems]';

/** All of them are `sub/a.txt`. */
const TO_THE_FILE: readonly [string, string, PathOf][] = [
  ['by id', DOCUMENTED, (bench, { file }) => bench.item(file)],
  ['by id with a slash', OBSERVED, (bench, { file }) => `${bench.item(file)}/`],
  ['by the path from the root', DOCUMENTED, bench => `${bench.drive}/root:/${pathOf(bench)}`],
  ['by the path from the root with a colon', DOCUMENTED, bench => `${bench.drive}/root:/${pathOf(bench)}:`],
  ['by the path from items/root', DOCUMENTED, bench => `${bench.drive}/items/root:/${pathOf(bench)}`],
  ['by parent and name', DOCUMENTED, (bench, { sub }) => `${bench.item(sub)}:/a.txt`],
  ['by parent and name with a colon', DOCUMENTED, (bench, { sub }) => `${bench.item(sub)}:/a.txt:`],
  ['by a deeper relative path', DOCUMENTED, (bench, { folder }) => `${bench.item(folder)}:/sub/a.txt`],
  [
    'by another case of its path',
    '§2.0 [DOC case-sensitivity.md]',
    bench => `${bench.drive}/root:/${pathOf(bench)}`.replace('sub/a', 'SUB/A'),
  ],
  ["by the user's drive and path", DOCUMENTED, bench => `/users/${bench.target.mailbox}/drive/root:/${pathOf(bench)}`],
  [
    "by the user's drive and id",
    DOCUMENTED,
    (bench, { file }) => `/users/${bench.target.mailbox}/drive/items/${file.id}`,
  ],
  [
    'by key syntax of the user',
    OBSERVED,
    (bench, { file }) => `/users('${bench.target.mailbox}')/drive/items/${file.id}`,
  ],
  ['by key syntax of drive and item', OBSERVED, (bench, { file }) => `/drives('${bench.driveId}')/items('${file.id}')`],
  ["by children('x')", '§1.1 [OBS rclone in China]', (bench, { sub }) => `${bench.item(sub)}/children('a.txt')`],
  [
    'by an encoded colon and slashes',
    OBSERVED,
    bench => `${bench.drive}/items/root%3A%2F${encodeURIComponent(decodeURIComponent(pathOf(bench)))}%3A`,
  ],
  ['by an encoded slash in a path', OBSERVED, (bench, { folder }) => `${bench.item(folder)}:/sub%2Fa.txt`],
  ['by a doubled slash before drives', OBSERVED, (bench, { file }) => `/${bench.item(file)}`],
];

const NOT_FOUND: readonly [string, string, PathOf][] = [
  ['a name that is not there', DOCUMENTED, (bench, { sub }) => bench.child(sub, 'nothing.txt')],
  [
    'a path with a folder that is not there',
    DOCUMENTED,
    (bench, { folder }) => `${bench.item(folder)}:/nowhere/a.txt:`,
  ],
  ['a path below a file', DOCUMENTED, (bench, { sub }) => `${bench.item(sub)}:/a.txt/b.txt:`],
  ['the children of what is not there', DOCUMENTED, (bench, { sub }) => `${bench.child(sub, 'nothing')}/children`],
];

async function look(bench: Bench, path: PathOf): Promise<Answer> {
  return bench.graph('GET', path(bench, await tree(bench)));
}

export const ADDRESSING: ContractCase[] = [
  ...TO_THE_FILE.map(([name, source, path]) => ({
    it: `an item ${name}`,
    source,
    run: async (bench: Bench) => {
      const found = itemOf(await look(bench, path));
      expect(found.id).toBe((await tree(bench)).file.id);
    },
  })),
  ...NOT_FOUND.map(([name, source, path]) => ({
    it: `${name} is itemNotFound`,
    source,
    run: async (bench: Bench) => expectAnswer(await look(bench, path), 404, 'itemNotFound'),
  })),
  {
    it: "children('it''s') has its quote doubled, :/it's has not",
    source: '§2.3 [DOC OData]',
    run: async bench => {
      const { folder, quoted } = await tree(bench);
      expect(itemOf(await bench.graph('GET', `${bench.item(folder)}/children('it''s.txt')`)).id).toBe(quoted.id);
      expect(itemOf(await bench.graph('GET', `${bench.item(folder)}:/it's.txt`)).id).toBe(quoted.id);
    },
  },
  {
    it: '/beta has the same items',
    source: 'Later findings [OBS]; learn "Versioning and support"',
    run: async bench => {
      const { file } = await tree(bench);
      const beta = bench.target.baseUrl.replace(/v1\.0$/, 'beta');
      expect(itemOf(await bench.graph('GET', `${beta}${bench.item(file)}`)).id).toBe(file.id);
    },
  },
  {
    it: 'items/root is an alias of the root',
    source: '§2.3 [OBS]',
    run: async bench => {
      const root = itemOf(await bench.graph('GET', `${bench.drive}/root`));
      expect((await bench.read('root')).id).toBe(root.id);
    },
  },
  ...[
    [
      'by path',
      (bench: Bench) => `${bench.drive}/root:/${encodeURIComponent(bench.target.folder)}/addressing:/children`,
    ],
    [
      'of the user',
      (bench: Bench) => `/users/${bench.target.mailbox}/drive/root:/${bench.target.folder}/addressing:/children`,
    ],
  ].map(([name, path]) => ({
    it: `the children of a folder ${name as string}`,
    source: DOCUMENTED,
    run: async (bench: Bench) => {
      await tree(bench);
      const page = pageOf(await bench.graph('GET', (path as (bench: Bench) => string)(bench)));
      expect(namesOf(page.value)).toEqual(["it's.txt", 'sub']);
    },
  })),
  {
    it: 'the children of the root are there with and without the id',
    source: '§2.4 [DOC]',
    run: async bench => {
      for (const path of [`${bench.drive}/root/children`, `/users/${bench.target.mailbox}/drive/root/children`]) {
        const pages = await bench.pages(`${path}?$select=id`);
        expect(pages.flatMap(page => page.value.map(item => item.id))).toContain(bench.home.id);
      }
    },
  },
  ...answerCases([
    {
      it: 'a look-up named photo without a closing colon is 400',
      source: 'Later findings [OBS ODD#1020, rclone#3039]',
      status: 400,
      ask: bench => look(bench, (_, { sub }) => `${bench.item(sub)}:/photo`),
    },
    {
      it: 'a look-up named photo with a closing colon is 200',
      source: 'Later findings [OBS ODD#1020, rclone#3039]',
      status: 200,
      ask: bench => look(bench, (_, { sub }) => `${bench.item(sub)}:/photo:`),
    },
    {
      it: 'an id in lower case is refused',
      source: '§2.0 [DOC case-sensitivity.md]: ids are case-sensitive',
      status: oneOf(400, 404),
      ask: bench => look(bench, (_, { file }) => bench.item(file.id.toLowerCase())),
    },
    {
      it: 'an id that is none is refused',
      source: '§3.1 [DOC]',
      // Graph reads an id before it looks for it: what cannot be one is invalidRequest.
      status: oneOf(400, 404),
      ask: bench => bench.graph('GET', bench.item('nonsense')),
    },
    {
      it: 'a drive that is not there is refused',
      source: '§2.2 [OBS]',
      status: oneOf(400, 404),
      ask: bench => bench.graph('GET', `/drives/b!${'A'.repeat(64)}`),
    },
  ]),
];
