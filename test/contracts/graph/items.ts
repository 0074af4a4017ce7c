import { expect } from 'vitest';
import { type Item, itemOf } from './answer.ts';
import type { Bench } from './bench.ts';
import type { ContractCase } from './contract-case.ts';

const SECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const E_TAG = /^"\{([0-9A-F-]{36})\},(\d+)"$/;
const C_TAG = /^"c:\{([0-9A-F-]{36})\},(\d+)"$/;

/** The GUID in an item's id: base32 of a drive tag of four bytes, then the GUID, little-endian. */
function guidOf(id: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...id.slice(2)].map(character => alphabet.indexOf(character).toString(2).padStart(5, '0')).join('');
  const hex = (bits.match(/.{8}/g) ?? []).slice(4).map(byte => Number.parseInt(byte, 2).toString(16).padStart(2, '0'));
  const [a, b, c] = [hex.slice(0, 4), hex.slice(4, 6), hex.slice(6, 8)].map(part => part.reverse().join(''));
  return [a, b, c, hex.slice(8, 10).join(''), hex.slice(10).join('')].join('-').toUpperCase();
}

/** Which of the two tags a change moved. */
async function moved(bench: Bench, item: Item, change: () => Promise<unknown>): Promise<object> {
  const before = await bench.read(item);
  await change();
  const after = await bench.read(item);
  return { eTag: before.eTag !== after.eTag, cTag: before.cTag !== after.cTag };
}

async function fileIn(bench: Bench): Promise<Item> {
  return bench.file(await bench.folder(), 'a.txt', 'hello');
}

/** quickXorHash of known contents (§2.5): another implementation computed them. */
const HASHES: readonly [string, Uint8Array<ArrayBuffer>, string][] = [
  ['a', new TextEncoder().encode('a'), 'YQAAAAAAAAAAAAAAAQAAAAAAAAA='],
  ['hello', new TextEncoder().encode('hello'), 'aCgDG9jwBgAAAAAABQAAAAAAAAA='],
  ['hello world', new TextEncoder().encode('hello world'), 'aCgDG9jwBhDc4Q1yawMZAAAAAAA='],
  ['the bytes 0 to 255', Uint8Array.from({ length: 256 }, (_, index) => index), 'QkGEfSisZcA7k+FCh71r2dbCayY='],
  ['1000 zeros', new Uint8Array(1000), 'AAAAAAAAAAAAAAAA6AMAAAAAAAA='],
];

export const ITEMS: ContractCase[] = [
  {
    it: 'an id is "01" and 32 characters of base32, and holds the GUID of the eTag',
    source: '§2.0 [VER on documented samples]',
    run: async bench => {
      const file = await fileIn(bench);
      expect(file.id).toMatch(/^01[A-Z2-7]{32}$/);
      expect(E_TAG.exec(file.eTag)?.[1]).toBe(guidOf(file.id));
    },
  },
  {
    it: 'the root has the GUID that all roots have',
    source: '§2.0 [VER]: ids end in 6Y2GOVW7725BZO354PWSELRRZ',
    run: async bench => {
      expect((await bench.read('root')).id).toMatch(/6Y2GOVW7725BZO354PWSELRRZ$/);
    },
  },
  {
    it: 'a file has an eTag and a cTag of the known shape',
    source: '§2.0 [DOC, VER]',
    run: async bench => {
      const file = await fileIn(bench);
      expect(file.eTag).toMatch(E_TAG);
      expect(file.cTag).toMatch(C_TAG);
    },
  },
  {
    it: 'a folder has an eTag and no cTag',
    source: '§2.0 [DOC driveItem]',
    run: async bench => {
      const folder = await bench.read(await bench.folder());
      expect(folder.eTag).toMatch(E_TAG);
      expect(folder).not.toHaveProperty('cTag');
    },
  },
  {
    it: 'a rename moves the eTag and not the cTag',
    source: '§2.0 [DOC driveItem]',
    run: async bench => {
      const file = await fileIn(bench);
      const change = () => bench.patch(file, { name: 'b.txt' });
      expect(await moved(bench, file, change)).toEqual({ eTag: true, cTag: false });
    },
  },
  {
    it: 'new content moves both tags',
    source: '§2.0 [DOC driveItem]',
    run: async bench => {
      const folder = await bench.folder();
      const file = await bench.file(folder, 'a.txt', '1');
      const change = () => bench.file(folder, 'a.txt', '22');
      expect(await moved(bench, file, change)).toEqual({ eTag: true, cTag: true });
    },
  },
  {
    it: 'a new mtime moves the eTag and not the cTag',
    source: '§2.10 [OBS rclone docs]',
    run: async bench => {
      const file = await fileIn(bench);
      const change = () => bench.patch(file, { fileSystemInfo: { lastModifiedDateTime: '2020-01-02T03:04:05Z' } });
      expect(await moved(bench, file, change)).toEqual({ eTag: true, cTag: false });
    },
  },
  {
    it: 'the eTag of a folder stays when its children change',
    source: '§2.0 [DOC driveItem]',
    run: async bench => {
      const folder = await bench.folder();
      const change = () => bench.file(folder, 'a.txt');
      expect(await moved(bench, folder, change)).toMatchObject({ eTag: false });
    },
  },
  {
    it: 'a file has the facet file and not folder',
    source: '§2.5 [DOC]',
    run: async bench => {
      const file = await bench.read(await fileIn(bench));
      expect(file).toMatchObject({
        size: 5,
        file: { mimeType: 'text/plain', hashes: { quickXorHash: expect.any(String) } },
      });
      expect(file).not.toHaveProperty('folder');
    },
  },
  {
    it: 'a folder has the facet folder with the number of its children, and not file',
    source: '§2.5 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      await bench.file(folder, 'a.txt');
      await bench.makeFolder(folder, 'sub');
      await bench.eventually(async () => expect((await bench.read(folder)).folder).toMatchObject({ childCount: 2 }));
      expect(await bench.read(folder)).not.toHaveProperty('file');
    },
  },
  {
    it: 'the size of a folder is that of all files below it',
    source: '§2.5 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      await bench.file(folder, 'a.txt', '12345');
      await bench.file(await bench.makeFolder(folder, 'sub'), 'b.txt', '123');
      await bench.eventually(async () => expect((await bench.read(folder)).size).toBe(8));
    },
  },
  {
    it: 'the root has the facets root and folder and no path',
    source: '§2.2 [BG for the name]; §2.5 [DOC]',
    run: async bench => {
      const root = await bench.read('root');
      expect(root).toMatchObject({ name: 'root', root: {}, folder: {}, parentReference: { driveId: bench.driveId } });
      expect(root.parentReference).not.toHaveProperty('path');
      expect(root.parentReference).not.toHaveProperty('id');
    },
  },
  {
    it: 'parentReference names drive, parent and path',
    source: '§2.5 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      const { parentReference } = await bench.read(await bench.file(folder, 'a.txt'));
      expect(parentReference).toMatchObject({ driveId: bench.driveId, driveType: 'business', id: folder.id });
      // Percent-encoded in places (§2.5 [OBS]).
      expect(decodeURI(parentReference.path!)).toBe(
        `/drives/${bench.driveId}/root:/${bench.target.folder}/${folder.name}`,
      );
    },
  },
  {
    it: 'times are UTC in whole seconds',
    source: '§2.5 [OBS rclone c053429b9, abraunegg]',
    run: async bench => {
      const item = await bench.read(await fileIn(bench));
      const times = [item.createdDateTime, item.lastModifiedDateTime, ...Object.values(item.fileSystemInfo ?? {})];
      expect(times).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(SECOND)));
    },
  },
  {
    it: 'what an application makes is createdBy and lastModifiedBy the application',
    source: '§2.5 [DOC identitySet]',
    run: async bench => {
      const { createdBy, lastModifiedBy } = await bench.read(await fileIn(bench));
      expect(createdBy?.application?.id).toBe(bench.target.clientId);
      expect(lastModifiedBy?.application?.id).toBe(bench.target.clientId);
    },
  },
  {
    it: 'an item has a webUrl on another host than Graph',
    source: '§2.5 [DOC]',
    run: async bench => {
      const { webUrl } = await bench.read(await fileIn(bench));
      expect(new URL(webUrl!).host).not.toBe(new URL(bench.target.baseUrl).host);
    },
  },
  ...HASHES.map(([name, bytes, hash]) => ({
    it: `quickXorHash of ${name}`,
    source: "§2.5 [VER: rclone's vectors]",
    run: async (bench: Bench) => {
      const file = await bench.file(await bench.folder(), 'a.bin', bytes);
      await bench.eventually(async () => expect((await bench.read(file)).file?.hashes?.quickXorHash).toBe(hash));
    },
  })),
  {
    it: 'an empty file has no hash, or that of nothing',
    source: '§2.5 [OBS]',
    run: async bench => {
      const file = await bench.read(await bench.file(await bench.folder(), 'empty.bin', new Uint8Array()));
      expect(file.size).toBe(0);
      expect([undefined, 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=']).toContain(file.file?.hashes?.quickXorHash);
    },
  },
  {
    it: 'the answer to an upload is the item that a look-up gives',
    source: '§2.7 [DOC]',
    run: async bench => {
      const file = await fileIn(bench);
      const { id, name, size, eTag, cTag } = itemOf(await bench.graph('GET', bench.item(file)));
      expect(file).toMatchObject({ id, name, size, eTag, cTag });
    },
  },
];
