import { expect } from 'vitest';
import { expectAnswer, type Item, itemOf, namesOf, oneOf, REFUSED, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

const OLD = '2001-02-03T04:05:06Z';

/** Two folders; the first one has a file. */
async function two(bench: Bench): Promise<{ from: Item; to: Item; file: Item }> {
  const folder = await bench.folder();
  const from = await bench.makeFolder(folder, 'from');
  return { from, to: await bench.makeFolder(folder, 'to'), file: await bench.file(from, 'a.txt', 'hello') };
}

function mtimeOf(item: Item): string | undefined {
  return item.fileSystemInfo?.lastModifiedDateTime;
}

/** §2.10: 412 by the docs; 409 was seen by abraunegg and is what microsoft-onedrive-mock expects. */
const TAG_MISMATCH = oneOf(409, 412);

export const UPDATES: ContractCase[] = [
  {
    it: 'a rename keeps id and content',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { from, file } = await two(bench);
      const answer = await bench.patch(file, { name: 'b.txt' });
      expectAnswer(answer, 200);
      expect(itemOf(answer)).toMatchObject({ id: file.id, name: 'b.txt' });
      expect(namesOf(await bench.list(from))).toEqual(['b.txt']);
      expect(textOf(await bench.download(file))).toBe('hello');
    },
  },
  {
    it: 'a rename may change the case only',
    source: '§2.10 [BG]',
    run: async bench => {
      const { from, file } = await two(bench);
      expectAnswer(await bench.patch(file, { name: 'A.TXT' }), 200);
      expect(namesOf(await bench.list(from))).toEqual(['A.TXT']);
    },
  },
  {
    it: 'a rename to the same name changes nothing',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { from, file } = await two(bench);
      expectAnswer(await bench.patch(file, { name: 'a.txt' }), 200);
      expect(namesOf(await bench.list(from))).toEqual(['a.txt']);
    },
  },
  {
    it: 'a file is moved by the id of a folder, and keeps its id',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { from, to, file } = await two(bench);
      expectAnswer(await bench.patch(file, { parentReference: { id: to.id } }), 200);
      expect((await bench.list(to)).map(item => item.id)).toEqual([file.id]);
      expect(await bench.list(from)).toEqual([]);
    },
  },
  {
    it: 'a file is moved by the path of a folder',
    source: '§2.10 [DOC]: id or path',
    run: async bench => {
      const { to, file } = await two(bench);
      const path = `${(await bench.read(to)).parentReference.path}/to`;
      expectAnswer(await bench.patch(file, { parentReference: { path } }), 200);
      expect((await bench.list(to)).map(item => item.id)).toEqual([file.id]);
    },
  },
  {
    it: 'a file is moved and renamed at once',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { to, file } = await two(bench);
      expectAnswer(await bench.patch(file, { parentReference: { id: to.id }, name: 'b.txt' }), 200);
      expect(await bench.list(to)).toMatchObject([{ id: file.id, name: 'b.txt' }]);
    },
  },
  {
    it: 'a folder is moved with all that is in it',
    source: '§2.10 [DOC]',
    run: async bench => {
      const { from, to, file } = await two(bench);
      expectAnswer(await bench.patch(from, { parentReference: { id: to.id } }), 200);
      expect(itemOf(await bench.graph('GET', `${bench.item(to)}:/from/a.txt:`)).id).toBe(file.id);
    },
  },
  ...['rename', 'move'].map(change => ({
    it: `a ${change} onto a name that is taken is 409 and changes nothing`,
    source: '§2.10 [OBS ODD#447]',
    run: async (bench: Bench) => {
      const { from, to, file } = await two(bench);
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
      const { to, file } = await two(bench);
      const there = await bench.file(to, 'a.txt', 'there');
      const json = { parentReference: { id: to.id }, '@microsoft.graph.conflictBehavior': 'replace' };
      expectAnswer(await bench.patch(file, json), 200);
      expect(await bench.list(to)).toMatchObject([{ id: file.id, size: 5 }]);
      await bench.eventually(async () => expectAnswer(await bench.graph('GET', bench.item(there)), 404));
    },
  },
  {
    it: 'conflictBehavior=replace does not replace a folder',
    source: '§2.10 [OBS ODD#1383]',
    run: async bench => {
      const { from, to } = await two(bench);
      const there = await bench.makeFolder(to, 'from');
      await bench.file(there, 'inside.txt');
      const json = { parentReference: { id: to.id }, '@microsoft.graph.conflictBehavior': 'replace' };
      expectAnswer(await bench.patch(from, json), 409, 'nameAlreadyExists');
      expect(namesOf(await bench.list(there))).toEqual(['inside.txt']);
    },
  },
  {
    it: 'conflictBehavior=rename puts a number before the extension',
    source: '§2.7 [DOC driveItem instance attributes]',
    run: async bench => {
      const { from, file } = await two(bench);
      await bench.file(from, 'b.txt');
      const json = { name: 'b.txt', '@microsoft.graph.conflictBehavior': 'rename' };
      expect(itemOf(await bench.patch(file, json)).name).toBe('b 1.txt');
    },
  },
  {
    it: 'fileSystemInfo sets the mtime',
    source: '§2.10, §2.5 [DOC filesysteminfo.md]',
    run: async bench => {
      const { file } = await two(bench);
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
      const { to, file } = await two(bench);
      const json = { parentReference: { id: to.id }, fileSystemInfo: { lastModifiedDateTime: OLD } };
      expectAnswer(await bench.patch(file, json), 200);
      expect(mtimeOf(await bench.read(file))).toBe(OLD);
    },
  },
  {
    it: 'a move without fileSystemInfo sets the mtime to now',
    source: '§2.10 [OBS rclone Move]: "or mtime is reset"',
    run: async bench => {
      const { to, file } = await two(bench);
      await bench.patch(file, { fileSystemInfo: { lastModifiedDateTime: OLD } });
      expectAnswer(await bench.patch(file, { parentReference: { id: to.id } }), 200);
      expect(mtimeOf(await bench.read(file))).not.toBe(OLD);
    },
  },
  {
    it: 'If-Match of another eTag is refused and changes nothing',
    source: '§2.10 [DOC 412; OBS 409]',
    run: async bench => {
      const { from, file } = await two(bench);
      const { eTag } = await bench.read(file);
      expectAnswer(await bench.patch(file, { name: 'b.txt' }), 200);
      expectAnswer(await bench.patch(file, { name: 'c.txt' }, { 'If-Match': eTag }), TAG_MISMATCH);
      expect(namesOf(await bench.list(from))).toEqual(['b.txt']);
    },
  },
  ...(['eTag', 'cTag'] as const).map(tag => ({
    it: `If-Match of the ${tag} is heeded`,
    source: '§2.10 [DOC]: eTag or cTag',
    run: async (bench: Bench) => {
      const item = await bench.read((await two(bench)).file);
      expectAnswer(await bench.patch(item, { name: 'b.txt' }, { 'If-Match': item[tag]! }), 200);
    },
  })),
  ...answerCases([
    {
      it: 'a folder is not moved into itself',
      source: '§2.10 [OPEN: 4xx]',
      status: REFUSED,
      ask: async bench => {
        const { from } = await two(bench);
        return bench.patch(from, { parentReference: { id: from.id } });
      },
    },
    {
      it: 'a folder is not moved below itself',
      source: '§2.10 [OPEN: 4xx]',
      status: REFUSED,
      ask: async bench => {
        const { from } = await two(bench);
        const below = await bench.makeFolder(await bench.makeFolder(from, 'a'), 'b');
        return bench.patch(from, { parentReference: { id: below.id } });
      },
    },
    {
      it: 'the root is not renamed',
      endangers: true,
      source: '§2.11 [DOC for deletes]; §3.1',
      status: REFUSED,
      ask: async bench => bench.patch(await bench.read('root'), { name: 'trunk' }),
    },
    {
      it: 'the root is not moved',
      endangers: true,
      source: '§2.11 [DOC for deletes]; §3.1',
      status: REFUSED,
      ask: async bench => bench.patch(await bench.read('root'), { parentReference: { id: bench.home.id } }),
    },
    {
      it: '"root" is no id of a new parent',
      source: '§2.3 [DOC ODD move]',
      status: oneOf(400, 404),
      ask: async bench => bench.patch((await two(bench)).file, { parentReference: { id: 'root' } }),
    },
    {
      it: 'a new parent that is gone is refused',
      source: '§3.1 [DOC] itemNotFound',
      status: oneOf(400, 404),
      ask: async bench => {
        const { to, file } = await two(bench);
        await bench.graph('DELETE', bench.item(to));
        return bench.patch(file, { parentReference: { id: to.id } });
      },
    },
    {
      it: 'a new parent that is a file is refused',
      source: '§2.9 [OPEN]',
      status: oneOf(400, 404, 409),
      ask: async bench => {
        const { to, file } = await two(bench);
        return bench.patch(file, { parentReference: { id: (await bench.file(to, 'b.txt')).id } });
      },
    },
    {
      it: 'an unknown conflictBehavior is refused',
      source: '§2.7 [DOC]; §3.1 invalidRequest',
      status: 400,
      ask: async bench =>
        bench.patch((await two(bench)).file, { name: 'b', '@microsoft.graph.conflictBehavior': 'overwrite' }),
    },
    {
      it: 'what is gone is itemNotFound',
      source: '§3.1 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => {
        const { file } = await two(bench);
        await bench.graph('DELETE', bench.item(file));
        return bench.patch(file, { name: 'b.txt' });
      },
    },
  ]),
];
