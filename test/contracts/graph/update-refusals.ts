import { oneOf, REFUSED } from './answer.ts';
import { answerCases, type ContractCase } from './contract-case.ts';
import { twoFolders } from './two-folders.ts';

export const UPDATE_REFUSALS: ContractCase[] = answerCases([
  {
    it: 'a folder is not moved into itself',
    source: '§2.10 [OPEN: 4xx]',
    status: REFUSED,
    ask: async bench => {
      const { from } = await twoFolders(bench);
      return bench.patch(from, { parentReference: { id: from.id } });
    },
  },
  {
    it: 'a folder is not moved below itself',
    source: '§2.10 [OPEN: 4xx]',
    status: REFUSED,
    ask: async bench => {
      const { from } = await twoFolders(bench);
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
    ask: async bench => bench.patch((await twoFolders(bench)).file, { parentReference: { id: 'root' } }),
  },
  {
    it: 'a new parent that is gone is refused',
    source: '§3.1 [DOC] itemNotFound',
    status: oneOf(400, 404),
    ask: async bench => {
      const { to, file } = await twoFolders(bench);
      await bench.graph('DELETE', bench.item(to));
      return bench.patch(file, { parentReference: { id: to.id } });
    },
  },
  {
    it: 'a new parent that is a file is refused',
    source: '§2.9 [OPEN]',
    status: oneOf(400, 404, 409),
    ask: async bench => {
      const { to, file } = await twoFolders(bench);
      return bench.patch(file, { parentReference: { id: (await bench.file(to, 'b.txt')).id } });
    },
  },
  {
    it: 'an unknown conflictBehavior is refused',
    source: '§2.7 [DOC]; §3.1 invalidRequest',
    status: 400,
    ask: async bench =>
      bench.patch((await twoFolders(bench)).file, { name: 'b', '@microsoft.graph.conflictBehavior': 'overwrite' }),
  },
  {
    it: 'what is gone is itemNotFound',
    source: '§3.1 [DOC]',
    status: 404,
    code: 'itemNotFound',
    ask: async bench => {
      const { file } = await twoFolders(bench);
      await bench.graph('DELETE', bench.item(file));
      return bench.patch(file, { name: 'b.txt' });
    },
  },
]);
