import { expect } from 'vitest';
import { type Answer, expectAnswer, itemOf, oneOf, REFUSED, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

/** Addresses below an item that Graph has no DELETE for, or nothing at. None of them may reach the item itself. */
const BELOW_AN_ITEM: readonly [string, string][] = [
  ['DELETE', '/versions/9.9'],
  ['DELETE', '/versions'],
  ['DELETE', '/permissions/x'],
  ['DELETE', '/thumbnails/0/small'],
  ['DELETE', '/thumbnails'],
  ['DELETE', '/listItem/fields'],
  ['DELETE', '/content/x'],
  ['DELETE', '/children/x/y'],
  ['DELETE', '/x'],
  ['DELETE', '/x/y'],
  ['DELETE', '/x/y/z'],
  ['PATCH', '/permissions/x'],
  ['PATCH', '/listItem/fields'],
  ['PATCH', '/x/y'],
];

const BELOW_SOURCE = 'OData 4.01 URL conventions §4: a path is resolved segment by segment, to the last one';

function remove(bench: Bench, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return bench.graph('DELETE', path, { headers });
}

export const DELETES: ContractCase[] = [
  {
    it: 'a file is deleted: 204, then 404',
    source: '§2.11 [DOC]',
    run: async bench => {
      const file = await bench.file(await bench.folder(), 'a.txt');
      const answer = await remove(bench, bench.item(file));
      expectAnswer(answer, 204);
      expect(answer.bytes.length).toBe(0);
      await bench.eventually(async () => expectAnswer(await bench.graph('GET', bench.item(file)), 404, 'itemNotFound'));
      expectAnswer(await remove(bench, bench.item(file)), 404, 'itemNotFound');
    },
  },
  {
    it: 'a file is deleted by its path',
    source: '§2.11, §2.3 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      await bench.file(folder, 'a.txt');
      const other = await bench.file(folder, 'b.txt');
      expectAnswer(await remove(bench, bench.child(folder, 'a.txt')), 204);
      await bench.expectChildren(folder, [{ id: other.id }]);
    },
  },
  {
    it: 'a folder is deleted with all that is in it',
    source: '§2.11 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      const sub = await bench.makeFolder(folder, 'sub');
      const file = await bench.file(sub, 'a.txt');
      expectAnswer(await remove(bench, bench.item(sub)), 204);
      await bench.eventually(async () => {
        expectAnswer(await bench.graph('GET', bench.item(file)), 404);
        await bench.expectNames(folder, []);
      });
    },
  },
  {
    it: 'a name is free again after a delete',
    source: '§2.11 [DOC]: the item is in the recycle bin',
    run: async bench => {
      const folder = await bench.folder();
      const first = await bench.file(folder, 'a.txt', '1');
      await remove(bench, bench.item(first));
      const answer = await bench.put(folder, 'a.txt', '22', { conflictBehavior: 'fail' });
      expectAnswer(answer, 201);
      expect(itemOf(answer).id).not.toBe(first.id);
    },
  },
  {
    it: 'If-Match of another eTag is refused and deletes nothing',
    source: '§2.11, §2.10 [DOC 412; OBS 409]',
    run: async bench => {
      const folder = await bench.folder();
      const { eTag } = await bench.file(folder, 'a.txt', '1');
      const file = await bench.file(folder, 'a.txt', '22');
      expectAnswer(await remove(bench, bench.item(file), { 'If-Match': eTag }), oneOf(409, 412));
      await bench.expectNames(folder, ['a.txt']);
    },
  },
  {
    it: 'If-Match of the eTag deletes',
    source: '§2.11 [DOC]',
    run: async bench => {
      const { id, eTag } = await bench.read(await bench.file(await bench.folder(), 'a.txt'));
      expectAnswer(await remove(bench, bench.item(id), { 'If-Match': eTag }), 204);
    },
  },
  {
    it: 'permanentDelete: 204, then 404',
    source: '§2.11 [DOC]',
    run: async bench => {
      const file = await bench.file(await bench.folder(), 'a.txt');
      expectAnswer(await bench.graph('POST', `${bench.item(file)}/permanentDelete`), 204);
      await bench.eventually(async () => expectAnswer(await bench.graph('GET', bench.item(file)), 404, 'itemNotFound'));
    },
  },
  {
    it: 'permanentDelete of a folder takes what is in it',
    source: '§2.11 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      const file = await bench.file(folder, 'a.txt');
      expectAnswer(await bench.graph('POST', `${bench.item(folder)}/permanentDelete`), 204);
      await bench.eventually(async () => expectAnswer(await bench.graph('GET', bench.item(file)), 404));
    },
  },
  ...BELOW_AN_ITEM.map(([method, path]) => ({
    it: `${method} of the item's ${path} leaves the item alone`,
    source: BELOW_SOURCE,
    run: async (bench: Bench) => {
      const folder = await bench.folder();
      const file = await bench.file(folder, 'a.txt', 'hello');
      const options = method === 'PATCH' ? { json: { name: 'renamed.txt' } } : {};
      const answer = await bench.graph(method, `${bench.item(file)}${path}`, options);
      // 501: what a program may say that does not know whether Graph has the address.
      expectAnswer(answer, [...REFUSED, 501]);
      await bench.expectChildren(folder, [{ id: file.id, name: 'a.txt', size: 5 }]);
      expect(textOf(await bench.download(file))).toBe('hello');
    },
  })),
  {
    it: 'DELETE of what is below a folder leaves the folder alone',
    source: BELOW_SOURCE,
    run: async bench => {
      const folder = await bench.folder();
      await bench.file(folder, 'a.txt');
      for (const path of ['/children', '/content', '/delta', "/children('b.txt')", ':/b.txt:/x']) {
        expectAnswer(await remove(bench, `${bench.item(folder)}${path}`), [...REFUSED, 501]);
      }
      await bench.expectNames(folder, ['a.txt']);
    },
  },
  ...answerCases([
    {
      it: 'the root is not deleted',
      source: '§2.11 [DOC]',
      endangers: true,
      status: REFUSED,
      ask: bench => remove(bench, `${bench.drive}/root`),
    },
    {
      it: 'the root is not deleted by its id',
      source: '§2.11 [DOC]',
      endangers: true,
      status: REFUSED,
      ask: async bench => remove(bench, bench.item(await bench.read('root'))),
    },
    {
      it: 'the root is not deleted permanently',
      source: '§2.11 [DOC]',
      endangers: true,
      status: REFUSED,
      ask: bench => bench.graph('POST', `${bench.drive}/root/permanentDelete`),
    },
    {
      it: 'a path that is not there is itemNotFound',
      source: '§3.1 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => remove(bench, bench.child(await bench.folder(), 'nothing')),
    },
  ]),
];
