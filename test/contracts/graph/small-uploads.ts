import { expect } from 'vitest';
import { expectAnswer, itemOf, oneOf, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

const CONFLICT = '§2.7 [DOC driveItem instance attributes]';

export const SMALL_UPLOADS: ContractCase[] = [
  {
    it: 'a new file is 201',
    source: '§2.7 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      const answer = await bench.put(folder, 'a.txt', 'hello');
      expectAnswer(answer, 201);
      expect(itemOf(answer)).toMatchObject({ name: 'a.txt', size: 5, parentReference: { id: folder.id } });
    },
  },
  {
    it: 'a replaced file is 200 and keeps its id',
    source: '§2.7 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      const before = await bench.file(folder, 'a.txt', '1');
      const answer = await bench.put(folder, 'a.txt', '22');
      expectAnswer(answer, 200);
      expect(itemOf(answer)).toMatchObject({ id: before.id, size: 2 });
      expect(textOf(await bench.download(before))).toBe('22');
    },
  },
  {
    it: 'without conflictBehavior a file is replaced',
    source: '§2.7 [DOC ODD]',
    violates: true,
    run: async bench => {
      const folder = await bench.folder();
      const before = await bench.file(folder, 'a.txt', '1');
      const answer = await bench.graph('PUT', `${bench.child(folder, 'a.txt')}/content`, { body: '22' });
      expectAnswer(answer, 200);
      expect(itemOf(answer).id).toBe(before.id);
    },
  },
  {
    it: 'a file is replaced by its id',
    source: '§2.7 [DOC]',
    run: async bench => {
      const before = await bench.file(await bench.folder(), 'a.txt', '1');
      const path = `${bench.item(before)}/content?@microsoft.graph.conflictBehavior=replace`;
      const answer = await bench.graph('PUT', path, { body: '4444' });
      expectAnswer(answer, 200);
      expect(itemOf(answer)).toMatchObject({ id: before.id, name: 'a.txt', size: 4 });
    },
  },
  {
    it: 'an empty file is stored',
    source: '§2.8 [OBS]: zero bytes go through /content',
    run: async bench => {
      const answer = await bench.put(await bench.folder(), 'empty.bin', new Uint8Array());
      expectAnswer(answer, 201);
      expect(itemOf(answer).size).toBe(0);
    },
  },
  {
    it: 'bytes are stored as they are',
    source: '§2.7 [DOC]: the body is the content, whatever its type',
    run: async bench => {
      const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256);
      const headers = { 'Content-Type': 'text/plain; charset=utf-16' };
      const file = itemOf(await bench.put(await bench.folder(), 'a.bin', bytes, { headers }));
      expect(Buffer.from((await bench.download(file)).bytes).equals(bytes)).toBe(true);
    },
  },
  {
    it: 'folders on the way of a path are made',
    source: '§2.7 [BG, well known]',
    run: async bench => {
      const folder = await bench.folder();
      const path = `${bench.item(folder)}:/new/deep/a.txt:/content?@microsoft.graph.conflictBehavior=replace`;
      expectAnswer(await bench.graph('PUT', path, { body: 'x' }), 201);
      const found = itemOf(await bench.graph('GET', `${bench.item(folder)}:/new/deep:`));
      expect(found.folder).toMatchObject({ childCount: 1 });
    },
  },
  {
    it: 'conflictBehavior=rename puts a number before the extension and leaves the first file alone',
    source: '§2.7 [DOC MGD#8098]',
    run: async bench => {
      const folder = await bench.folder();
      const first = await bench.file(folder, 'a.txt', '1');
      const answer = await bench.put(folder, 'a.txt', '22', { conflictBehavior: 'rename' });
      expectAnswer(answer, 201);
      expect(itemOf(answer).name).toBe('a 1.txt');
      await bench.expectNames(folder, ['a 1.txt', 'a.txt']);
      expect(textOf(await bench.download(first))).toBe('1');
    },
  },
  {
    it: 'conflictBehavior=fail leaves the file that is there alone',
    source: CONFLICT,
    run: async bench => {
      const folder = await bench.folder();
      const first = await bench.file(folder, 'a.txt', '1');
      const answer = await bench.put(folder, 'A.TXT', '22', { conflictBehavior: 'fail' });
      expectAnswer(answer, 409, 'nameAlreadyExists');
      expect(textOf(await bench.download(first))).toBe('1');
    },
  },
  {
    it: 'conflictBehavior=fail stores a new file',
    source: CONFLICT,
    run: async bench => {
      expectAnswer(await bench.put(await bench.folder(), 'a.txt', '1', { conflictBehavior: 'fail' }), 201);
    },
  },
  {
    it: 'If-Match of another eTag is 412 and changes nothing',
    source: '§2.7 [OBS, weak: microsoft-onedrive-mock]',
    run: async bench => {
      const folder = await bench.folder();
      const { eTag } = await bench.file(folder, 'a.txt', '1');
      const second = await bench.file(folder, 'a.txt', '22');
      expectAnswer(await bench.put(folder, 'a.txt', '333', { headers: { 'If-Match': eTag } }), 412);
      expect(textOf(await bench.download(second))).toBe('22');
    },
  },
  {
    it: 'If-Match of the eTag replaces',
    source: '§2.7 [OBS, weak: microsoft-onedrive-mock]',
    run: async bench => {
      const folder = await bench.folder();
      await bench.file(folder, 'a.txt', '1');
      const { eTag } = itemOf(await bench.graph('GET', bench.child(folder, 'a.txt')));
      expectAnswer(await bench.put(folder, 'a.txt', '22', { headers: { 'If-Match': eTag } }), 200);
    },
  },
  {
    it: 'new content sets the mtime to now',
    source: '§2.5 [DOC filesysteminfo.md]',
    run: async bench => {
      const folder = await bench.folder();
      const file = await bench.file(folder, 'a.txt', '1');
      const lastModifiedDateTime = '2001-02-03T04:05:06Z';
      expectAnswer(await bench.patch(file, { fileSystemInfo: { lastModifiedDateTime } }), 200);
      await bench.file(folder, 'a.txt', '22');
      expect((await bench.read(file)).fileSystemInfo?.lastModifiedDateTime).not.toBe(lastModifiedDateTime);
    },
  },
  ...answerCases([
    {
      it: 'an unknown conflictBehavior is refused',
      source: `${CONFLICT}; §3.1 invalidRequest`,
      status: 400,
      ask: async bench => bench.put(await bench.folder(), 'a.txt', 'x', { conflictBehavior: 'overwrite' }),
    },
    {
      it: 'a parent that is gone is itemNotFound',
      source: '§2.7 [BG]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => {
        const folder = await bench.folder();
        await bench.graph('DELETE', bench.item(folder));
        return bench.put(folder, 'a.txt', 'x');
      },
    },
    {
      it: 'a folder is not replaced by a file',
      source: '§2.7 [OPEN: 409 or 400]',
      status: oneOf(400, 409),
      ask: async bench => {
        const folder = await bench.folder();
        await bench.makeFolder(folder, 'sub');
        return bench.put(folder, 'sub', 'x');
      },
    },
    {
      it: 'a parent that is a file is refused',
      source: '§2.7, §2.9 [OPEN: 400 or 409; 404 when the path is walked]',
      status: oneOf(400, 404, 409),
      ask: async bench => bench.put(await bench.file(await bench.folder(), 'a.txt'), 'b.txt', 'x'),
    },
    {
      it: 'a replacement by an id that is gone is itemNotFound',
      source: '§3.1 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async (bench: Bench) => {
        const file = await bench.file(await bench.folder(), 'a.txt');
        await bench.graph('DELETE', bench.item(file));
        const path = `${bench.item(file)}/content?@microsoft.graph.conflictBehavior=replace`;
        return bench.graph('PUT', path, { body: 'x' });
      },
    },
  ]),
];
