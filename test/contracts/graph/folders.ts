import { expect } from 'vitest';
import { expectAnswer, itemOf, oneOf } from './answer.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

export const FOLDERS: ContractCase[] = [
  {
    it: 'a new folder is 201 and empty',
    source: '§2.9 [DOC]',
    run: async bench => {
      const parent = await bench.folder();
      const answer = await bench.createFolder(parent, 'New folder');
      expectAnswer(answer, 201);
      expect(itemOf(answer)).toMatchObject({
        name: 'New folder',
        folder: { childCount: 0 },
        parentReference: { id: parent.id },
      });
    },
  },
  {
    it: 'folders may be nested',
    source: '§2.9 [DOC]',
    run: async bench => {
      let folder = await bench.folder();
      for (const name of ['a', 'b', 'c']) {
        folder = await bench.makeFolder(folder, name);
      }
      expect(decodeURI((await bench.read(folder)).parentReference.path!)).toMatch(/\/a\/b$/);
    },
  },
  {
    it: 'a folder may be made by the path of its parent',
    source: '§2.9, §2.3 [DOC]',
    run: async bench => {
      const parent = await bench.folder();
      const sub = await bench.makeFolder(parent, 'sub');
      const json = { name: 'new', folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
      const answer = await bench.graph('POST', `${bench.child(parent, 'sub')}/children`, { json });
      expectAnswer(answer, 201);
      expect(itemOf(answer).parentReference.id).toBe(sub.id);
    },
  },
  {
    it: 'without conflictBehavior an existing name is 409',
    source: '§2.9 [DOC via rclone, abraunegg]: the default is fail',
    violates: true,
    run: async bench => {
      const parent = await bench.folder();
      await bench.makeFolder(parent, 'a');
      const answer = await bench.graph('POST', `${bench.item(parent)}/children`, { json: { name: 'a', folder: {} } });
      expectAnswer(answer, 409, 'nameAlreadyExists');
    },
  },
  {
    it: 'conflictBehavior=rename puts a number behind the name',
    source: '§2.7 [DOC MGD#8098]',
    run: async bench => {
      const parent = await bench.folder();
      await bench.makeFolder(parent, 'a');
      const answer = await bench.createFolder(parent, 'a', 'rename');
      expectAnswer(answer, 201);
      await bench.expectNames(parent, ['a', 'a 1']);
    },
  },
  {
    it: 'conflictBehavior as a query is heeded as well',
    source: '§2.9 [OBS corso]',
    run: async bench => {
      const parent = await bench.folder();
      await bench.makeFolder(parent, 'a');
      const path = `${bench.item(parent)}/children?@microsoft.graph.conflictBehavior=rename`;
      expectAnswer(await bench.graph('POST', path, { json: { name: 'a', folder: {} } }), 201);
      await bench.expectNames(parent, ['a', 'a 1']);
    },
  },
  {
    it: 'conflictBehavior=replace on a folder is 409 and keeps what is in it',
    source: '§2.9 [OBS ODD#359]',
    run: async bench => {
      const parent = await bench.folder();
      const folder = await bench.makeFolder(parent, 'a');
      await bench.file(folder, 'inside.txt');
      expectAnswer(await bench.createFolder(parent, 'a', 'replace'), 409);
      await bench.expectNames(folder, ['inside.txt']);
    },
  },
  {
    it: 'fileSystemInfo in the body is ignored',
    source: '§2.9 [OBS rclone c64161822]',
    run: async bench => {
      const lastModifiedDateTime = '2001-02-03T04:05:06Z';
      const json = {
        ...{ name: 'old', folder: {}, '@microsoft.graph.conflictBehavior': 'fail' },
        fileSystemInfo: { lastModifiedDateTime },
      };
      const made = itemOf(await bench.graph('POST', `${bench.item(await bench.folder())}/children`, { json }));
      expect((await bench.read(made)).fileSystemInfo?.lastModifiedDateTime).not.toBe(lastModifiedDateTime);
    },
  },
  ...answerCases([
    {
      it: 'an existing folder is nameAlreadyExists',
      source: '§2.9 [DOC]',
      status: 409,
      code: 'nameAlreadyExists',
      ask: async bench => {
        const parent = await bench.folder();
        await bench.makeFolder(parent, 'a');
        return bench.createFolder(parent, 'a');
      },
    },
    {
      it: 'an existing folder in another case is nameAlreadyExists',
      source: '§2.9, §4 [OBS]',
      status: 409,
      code: 'nameAlreadyExists',
      ask: async bench => {
        const parent = await bench.folder();
        await bench.makeFolder(parent, 'Übung');
        return bench.createFolder(parent, 'ÜBUNG');
      },
    },
    {
      it: 'an existing file is nameAlreadyExists',
      source: '§2.9 [DOC]',
      status: 409,
      code: 'nameAlreadyExists',
      ask: async bench => {
        const parent = await bench.folder();
        await bench.file(parent, 'a');
        return bench.createFolder(parent, 'a');
      },
    },
    {
      it: 'a parent that is gone is itemNotFound',
      source: '§2.9 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => {
        const parent = await bench.folder();
        await bench.graph('DELETE', bench.item(parent));
        return bench.createFolder(parent, 'a');
      },
    },
    {
      it: 'a parent path that is not there is itemNotFound',
      source: '§2.9 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => {
        const json = { name: 'a', folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
        return bench.graph('POST', `${bench.child(await bench.folder(), 'nowhere')}/children`, { json });
      },
    },
    {
      it: 'a parent that is a file is refused',
      source: '§2.9 [OPEN: 400 or 409]; 404 as of a path below a file',
      status: oneOf(400, 404, 409),
      ask: async bench => bench.createFolder(await bench.file(await bench.folder(), 'a.txt'), 'a'),
    },
    {
      it: 'no name is refused',
      source: '§3.1 [DOC] invalidRequest',
      status: 400,
      ask: async bench => bench.createFolder(await bench.folder(), undefined),
    },
    {
      it: 'an unknown conflictBehavior is refused',
      source: '§2.7 [DOC]; §3.1 invalidRequest',
      status: 400,
      ask: async bench => bench.createFolder(await bench.folder(), 'a', 'overwrite'),
    },
  ]),
];
