import { crc32, deflateSync } from 'node:zlib';
import { expect } from 'vitest';
import { expectAnswer, type Item, oneOf, pageOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

interface Thumbnail {
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

type ThumbnailSet = Record<'small' | 'medium' | 'large', Thumbnail> & { readonly id: string };

const WIDTH = 400;
const HEIGHT = 300;
const SIZES = ['small', 'medium', 'large'] as const;

/** A picture in one colour. */
function png(): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  // Eight bits of red, green and blue each.
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(HEIGHT * (1 + 3 * WIDTH), 0x55);
  for (let row = 0; row < HEIGHT; row++) {
    rows[row * (1 + 3 * WIDTH)] = 0;
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

function picture(bench: Bench): Promise<Item> {
  return bench.once('picture', async () => bench.file(await bench.folder(), 'picture.png', png()));
}

async function thumbnailsOf(bench: Bench): Promise<ThumbnailSet> {
  const path = `${bench.item(await picture(bench))}/thumbnails`;
  return bench.eventually(async () => {
    const [set] = pageOf<ThumbnailSet>(await bench.graph('GET', path)).value;
    expect(set).toBeDefined();
    return set!;
  });
}

function search(bench: Bench, from: string, text: string): Promise<Item[]> {
  const query = encodeURIComponent(text.replaceAll("'", "''"));
  return bench.pages(`${from}/search(q='${query}')`).then(pages => pages.flatMap(page => page.value));
}

/** A word that no other file has. */
function rareWord(): string {
  return `w${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

const IMAGE = /^image\/(png|jpeg)/;

export const SEARCH_AND_THUMBNAILS: ContractCase[] = [
  ...(['root', 'folder'] as const).map(from => ({
    it: `search from the ${from} finds a file by its name`,
    source: '§2.14 [DOC driveitem-search]',
    run: async (bench: Bench) => {
      const folder = await bench.folder();
      const word = rareWord();
      const file = await bench.file(folder, `${word} report.txt`);
      const place = from === 'root' ? `${bench.drive}/root` : bench.item(folder);
      await bench.eventually(async () =>
        expect((await search(bench, place, word)).map(item => item.id)).toEqual([file.id]),
      );
    },
  })),
  {
    it: 'search does not find what is elsewhere',
    source: '§2.14 [DOC driveitem-search]: within the hierarchy of the item',
    run: async bench => {
      const word = rareWord();
      await bench.file(await bench.folder(), `${word}.txt`);
      expect(await search(bench, bench.item(await bench.folder()), word)).toEqual([]);
    },
  },
  {
    it: 'search gives no download URL',
    source: '§2.6 [OBS ODD#1123]',
    run: async bench => {
      const word = rareWord();
      await bench.file(await bench.folder(), `${word}.txt`);
      await bench.eventually(async () => {
        const [found] = await search(bench, `${bench.drive}/root`, word);
        expect(found).toBeDefined();
        expect(found).not.toHaveProperty('@microsoft.graph.downloadUrl');
      });
    },
  },
  {
    it: 'a quote in a search is doubled',
    source: '§2.3 [DOC OData]',
    run: async bench => {
      expect(await search(bench, `${bench.drive}/root`, `it's ${rareWord()}`)).toEqual([]);
    },
  },
  {
    it: 'a picture has thumbnails of three sizes',
    source: '§2.14 [DOC driveitem-list-thumbnails]',
    run: async bench => {
      const set = await thumbnailsOf(bench);
      expect(set.id).toBe('0');
      const sizes = SIZES.map(size => set[size]);
      expect(sizes.every(({ url }) => url.startsWith('https:'))).toBe(true);
      expect(sizes.every(({ width, height }) => width > 0 && height > 0)).toBe(true);
      expect(set.small.width).toBeLessThan(set.large.width);
    },
  },
  ...SIZES.map(size => ({
    it: `the ${size} thumbnail is a picture, and needs no token`,
    source: '§2.14 [DOC driveitem-list-thumbnails]',
    run: async (bench: Bench) => {
      const answer = await bench.open('GET', (await thumbnailsOf(bench))[size].url);
      expectAnswer(answer, 200);
      expect(answer.headers.get('Content-Type')).toMatch(IMAGE);
      expect(answer.bytes.length).toBeGreaterThan(0);
    },
  })),
  {
    it: 'one thumbnail is found by its size',
    source: '§2.14 [DOC driveitem-list-thumbnails]',
    run: async bench => {
      await thumbnailsOf(bench);
      const answer = await bench.graph('GET', `${bench.item(await picture(bench))}/thumbnails/0/medium`);
      expectAnswer(answer, 200);
      expect(JSON.parse(new TextDecoder().decode(answer.bytes))).toMatchObject({
        url: expect.stringMatching(/^https:/),
      });
    },
  },
  {
    it: 'the content of a thumbnail is a picture, or leads to one',
    source: '§2.14 [DOC driveitem-list-thumbnails]: 302',
    run: async bench => {
      await thumbnailsOf(bench);
      const answer = await bench.graph('GET', `${bench.item(await picture(bench))}/thumbnails/0/small/content`);
      expectAnswer(answer, oneOf(200, 302));
      const content = answer.status === 302 ? await bench.open('GET', answer.headers.get('Location')!) : answer;
      expect(content.headers.get('Content-Type')).toMatch(IMAGE);
    },
  },
  {
    it: '$expand=thumbnails of children',
    source: 'learn "List thumbnails" [DOC]: thumbnails while listing driveItems',
    run: async bench => {
      await thumbnailsOf(bench);
      const { parentReference } = await picture(bench);
      const path = `${bench.item(parentReference.id!)}/children?$expand=thumbnails`;
      const [item] = pageOf<Item & { thumbnails?: ThumbnailSet[] }>(await bench.graph('GET', path)).value;
      expect(item!.thumbnails?.[0]?.large.url).toMatch(/^https:/);
    },
  },
  {
    it: 'a text of no words has no thumbnails, or a set of them, and no error',
    source: '§2.14 [DOC]: an item may have zero or more thumbnail sets',
    run: async bench => {
      const file = await bench.file(await bench.folder(), 'a.bin', 'x');
      pageOf(await bench.graph('GET', `${bench.item(file)}/thumbnails`));
    },
  },
  ...answerCases([
    {
      it: 'a / in a search is refused',
      source: '§2.14 [OBS MGD#7443]',
      status: 400,
      ask: bench => bench.graph('GET', `${bench.drive}/root/search(q='a%2Fb')`),
    },
  ]),
];
