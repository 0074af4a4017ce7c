import { expect } from 'vitest';
import { expectAnswer, type Item, itemOf, oneOf, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import type { ContractCase } from './contract-case.ts';
import { twoFolders } from './two-folders.ts';

const OLD = '2001-02-03T04:05:06Z';

function mtimeOf(item: Item): string | undefined {
  return item.fileSystemInfo?.lastModifiedDateTime;
}

/** §2.10: 412 by the docs; abraunegg saw 409, and microsoft-onedrive-mock expects it. */
const TAG_MISMATCH = oneOf(409, 412);

export const UPDATES: ContractCase[] = [
  {
    it: 'a rename keeps id and content',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { from, file } = await twoFolders(bench);
      const answer = await bench.patch(file, { name: 'b.txt' });
      expectAnswer(answer, 200);
      expect(itemOf(answer)).toMatchObject({ id: file.id, name: 'b.txt' });
      await bench.expectNames(from, ['b.txt']);
      expect(textOf(await bench.download(file))).toBe('hello');
    },
  },
  {
    it: 'a rename may change the case only',
    source: '§2.10 [BG]',
    run: async bench => {
      const { from, file } = await twoFolders(bench);
      expectAnswer(await bench.patch(file, { name: 'A.TXT' }), 200);
      await bench.expectNames(from, ['A.TXT']);
    },
  },
  {
    it: 'a rename to the same name changes nothing',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { from, file } = await twoFolders(bench);
      expectAnswer(await bench.patch(file, { name: 'a.txt' }), 200);
      await bench.expectNames(from, ['a.txt']);
    },
  },
  {
    it: 'a file is moved by the id of a folder, and keeps its id',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { from, to, file } = await twoFolders(bench);
      expectAnswer(await bench.patch(file, { parentReference: { id: to.id } }), 200);
      await bench.expectChildren(to, [{ id: file.id }]);
      await bench.expectNames(from, []);
    },
  },
  {
    it: 'a file is moved by the path of a folder',
    source: '§2.10 [DOC]: id or path',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      const path = `${(await bench.read(to)).parentReference.path}/to`;
      expectAnswer(await bench.patch(file, { parentReference: { path } }), 200);
      await bench.expectChildren(to, [{ id: file.id }]);
    },
  },
  {
    it: 'a file is moved and renamed at once',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      expectAnswer(await bench.patch(file, { parentReference: { id: to.id }, name: 'b.txt' }), 200);
      await bench.expectChildren(to, [{ id: file.id, name: 'b.txt' }]);
    },
  },
  {
    it: 'a folder is moved with all that is in it',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { from, to, file } = await twoFolders(bench);
      expectAnswer(await bench.patch(from, { parentReference: { id: to.id } }), 200);
      expect(itemOf(await bench.graph('GET', `${bench.item(to)}:/from/a.txt:`)).id).toBe(file.id);
    },
  },
  ...['rename', 'move'].map(change => ({
    it: `a ${change} onto a name that is taken is 409 and changes nothing`,
    source: '§2.10 [OBS ODD#447]',
    run: async (bench: Bench) => {
      const { from, to, file } = await twoFolders(bench);
      const there = await bench.file(change === 'move' ? to : from, change === 'move' ? 'a.txt' : 'b.txt', 'there');
      const json = change === 'move' ? { parentReference: { id: to.id } } : { name: 'B.txt' };
      expectAnswer(await bench.patch(file, json), 409, 'nameAlreadyExists');
      expect(textOf(await bench.download(there))).toBe('there');
      expect(textOf(await bench.download(file))).toBe('hello');
    },
  })),
  {
    it: 'conflictBehavior=replace replaces a file, which is gone then',
    source: '§2.10 [OBS ODD#820, docs#16007]',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      const there = await bench.file(to, 'a.txt', 'there');
      const json = { parentReference: { id: to.id }, '@microsoft.graph.conflictBehavior': 'replace' };
      expectAnswer(await bench.patch(file, json), 200);
      await bench.expectChildren(to, [{ id: file.id, size: 5 }]);
      await bench.eventually(async () => expectAnswer(await bench.graph('GET', bench.item(there)), 404));
    },
  },
  {
    it: 'conflictBehavior=replace does not replace a folder',
    source: '§2.10 [OBS ODD#1383]',
    run: async bench => {
      const { from, to } = await twoFolders(bench);
      const there = await bench.makeFolder(to, 'from');
      await bench.file(there, 'inside.txt');
      const json = { parentReference: { id: to.id }, '@microsoft.graph.conflictBehavior': 'replace' };
      expectAnswer(await bench.patch(from, json), 409, 'nameAlreadyExists');
      await bench.expectNames(there, ['inside.txt']);
    },
  },
  {
    it: 'conflictBehavior=rename puts a number before the extension',
    source: '§2.7 [DOC driveItem instance attributes]',
    run: async bench => {
      const { from, file } = await twoFolders(bench);
      await bench.file(from, 'b.txt');
      const json = { name: 'b.txt', '@microsoft.graph.conflictBehavior': 'rename' };
      expect(itemOf(await bench.patch(file, json)).name).toBe('b 1.txt');
    },
  },
  {
    it: 'fileSystemInfo sets the mtime',
    source: '§2.10, §2.5 [DOC filesysteminfo.md]',
    run: async bench => {
      const { file } = await twoFolders(bench);
      expectAnswer(await bench.patch(file, { fileSystemInfo: { lastModifiedDateTime: OLD } }), 200);
      expect(mtimeOf(await bench.read(file))).toBe(OLD);
    },
  },
  {
    it: 'fileSystemInfo sets the mtime of a folder',
    source: '§2.9 [OBS rclone c64161822]: PATCH after the creation',
    run: async bench => {
      const folder = await bench.folder();
      expectAnswer(await bench.patch(folder, { fileSystemInfo: { lastModifiedDateTime: OLD } }), 200);
      expect(mtimeOf(await bench.read(folder))).toBe(OLD);
    },
  },
  {
    it: 'a move with fileSystemInfo keeps the mtime',
    source: '§2.10 [OBS rclone Move]',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      const json = { parentReference: { id: to.id }, fileSystemInfo: { lastModifiedDateTime: OLD } };
      expectAnswer(await bench.patch(file, json), 200);
      expect(mtimeOf(await bench.read(file))).toBe(OLD);
    },
  },
  {
    it: 'a move without fileSystemInfo sets the mtime to now',
    source: '§2.10 [OBS rclone Move]: "or mtime is reset"',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      await bench.patch(file, { fileSystemInfo: { lastModifiedDateTime: OLD } });
      expectAnswer(await bench.patch(file, { parentReference: { id: to.id } }), 200);
      expect(mtimeOf(await bench.read(file))).not.toBe(OLD);
    },
  },
  {
    it: 'If-Match of another eTag is refused and changes nothing',
    source: '§2.10 [DOC 412; OBS 409]',
    run: async bench => {
      const { from, file } = await twoFolders(bench);
      const { eTag } = await bench.read(file);
      expectAnswer(await bench.patch(file, { name: 'b.txt' }), 200);
      expectAnswer(await bench.patch(file, { name: 'c.txt' }, { 'If-Match': eTag }), TAG_MISMATCH);
      await bench.expectNames(from, ['b.txt']);
    },
  },
  ...(['eTag', 'cTag'] as const).map(tag => ({
    it: `If-Match of the ${tag} is heeded`,
    source: '§2.10 [DOC]: eTag or cTag',
    run: async (bench: Bench) => {
      const item = await bench.read((await twoFolders(bench)).file);
      expectAnswer(await bench.patch(item, { name: 'b.txt' }, { 'If-Match': item[tag]! }), 200);
    },
  })),
];
