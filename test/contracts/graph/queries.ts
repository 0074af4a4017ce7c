import { expect } from 'vitest';
import { type Answer, type ErrorBody, type Item, itemOf, jsonOf, namesOf, oneOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

/**
 * What Graph may say to an option that it does not have; 501 is what a program may say that does not know whether Graph
 * has it.
 */
const REFUSED_OPTION = oneOf(400, 501);

/** A folder with three files and a folder, which no case changes. */
function sample(bench: Bench): Promise<{ folder: Item; file: Item }> {
  return bench.once('queries', async () => {
    const folder = await bench.makeFolder(bench.home, 'queries');
    await bench.file(folder, 'b.txt', '333');
    await bench.file(folder, 'c.txt', '1');
    await bench.makeFolder(folder, 'sub');
    return { folder, file: await bench.file(folder, 'a.txt', '22') };
  });
}

async function get(bench: Bench, query: string): Promise<Answer> {
  return bench.graph('GET', `${bench.item((await sample(bench)).file)}${query}`);
}

function keysOf(item: object): string[] {
  return Object.keys(item)
    .filter(key => key !== '@odata.context' && key !== '@odata.etag')
    .sort();
}

const ORDERS: readonly [string, string[]][] = [
  ['name', ['a.txt', 'b.txt', 'c.txt']],
  ['name desc', ['c.txt', 'b.txt', 'a.txt']],
];

const SELECT = '§2.6 [DOC; OBS corso]';

export const QUERIES: ContractCase[] = [
  {
    it: '$select gives what it names and nothing else',
    source: SELECT,
    run: async bench => {
      expect(keysOf(itemOf(await get(bench, '?$select=id,name,size')))).toEqual(['id', 'name', 'size']);
    },
  },
  {
    it: '$select drops the download URL',
    source: SELECT,
    run: async bench => {
      const item = itemOf(await get(bench, '?$select=id,name,file'));
      expect(item).not.toHaveProperty('@microsoft.graph.downloadUrl');
      expect(item.file).toBeDefined();
    },
  },
  {
    it: '$select=content.downloadUrl brings the download URL back',
    source: '§2.6 [OBS: corso in production; docs#11671]',
    run: async bench => {
      const item = itemOf(await get(bench, '?$select=id,content.downloadUrl'));
      expect(item['@microsoft.graph.downloadUrl'] ?? item['@content.downloadUrl']).toMatch(/^https:/);
    },
  },
  {
    it: '$select holds for children, of folders as well',
    source: '§2.4 [DOC]',
    run: async bench => {
      const items = await bench.list((await sample(bench)).folder, '?$select=id,name');
      expect(items.map(keysOf)).toEqual(Array.from({ length: 4 }, () => ['id', 'name']));
    },
  },
  {
    it: 'children have a download URL when they are files',
    source: '§2.6 [DOC]',
    run: async bench => {
      const items = await bench.list((await sample(bench)).folder);
      const having = items.filter(item => item['@microsoft.graph.downloadUrl'] !== undefined);
      expect(namesOf(having)).toEqual(['a.txt', 'b.txt', 'c.txt']);
    },
  },
  {
    it: '$expand=children holds the children of a folder',
    source: '§2.4 [DOC]',
    run: async bench => {
      const item = itemOf(await bench.graph('GET', `${bench.item((await sample(bench)).folder)}?$expand=children`));
      expect(namesOf(item.children ?? [])).toEqual(['a.txt', 'b.txt', 'c.txt', 'sub']);
    },
  },
  {
    it: '$expand=children($select=…) narrows the children',
    source: 'ODD optional-query-parameters.md [DOC]',
    run: async bench => {
      const path = `${bench.item((await sample(bench)).folder)}?$select=id,children&$expand=children($select=id,name)`;
      const item = itemOf(await bench.graph('GET', path));
      expect(item.children?.map(keysOf)).toEqual(Array.from({ length: 4 }, () => ['id', 'name']));
    },
  },
  ...ORDERS.map(([order, names]) => ({
    it: `$orderby=${order} sorts the children`,
    source: '§2.4 [BG]: name, lastModifiedDateTime and size',
    run: async (bench: Bench) => {
      const query = `?$orderby=${encodeURIComponent(order)}`;
      const items = await bench.list((await sample(bench)).folder, query);
      expect(items.filter(item => item.file).map(item => item.name)).toEqual(names);
    },
  })),
  ...answerCases([
    ...['$foo=1', '$apply=aggregate(size)', '$compute=size'].map(option => ({
      it: `the unknown option ${option} is refused and not ignored`,
      source: 'learn "Use query parameters"; OData 4.01 §11.2.1: a service fails what it does not support',
      status: REFUSED_OPTION,
      ask: (bench: Bench) => get(bench, `?${option}`),
    })),
    {
      it: 'an unknown property in $select is refused and not ignored',
      source: 'OData 4.01 §11.2.5.1; §3.1 invalidQueryOption',
      status: REFUSED_OPTION,
      ask: bench => get(bench, '?$select=id,nosuchproperty'),
    },
    {
      it: 'an unknown property in $expand is refused and not ignored',
      source: 'OData 4.01 §11.2.5.2; §3.1 invalidQueryOption',
      status: REFUSED_OPTION,
      ask: bench => get(bench, '?$expand=nosuchproperty'),
    },
    {
      it: 'an unknown property in $orderby is refused and not ignored',
      source: 'OData 4.01 §11.2.6.2; §3.1 invalidQueryOption',
      status: REFUSED_OPTION,
      ask: async bench =>
        bench.graph('GET', `${bench.item((await sample(bench)).folder)}/children?$orderby=nosuchproperty`),
    },
    {
      it: '$top that is no number is refused',
      source: '§3.1 [DOC] invalidQueryOption',
      status: 400,
      ask: async bench => bench.graph('GET', `${bench.item((await sample(bench)).folder)}/children?$top=many`),
    },
  ]),
  {
    it: 'a JSON answer has the known headers and @odata.context',
    source: '§2.0 [DOC]',
    run: async bench => {
      const answer = await get(bench, '');
      expect(answer.headers.get('Content-Type')).toMatch(/^application\/json;/);
      expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/i);
      expect(answer.headers.get('OData-Version')).toBe('4.0');
      expect(answer.headers.get('Date')).toBeTruthy();
      expect(jsonOf(answer)['@odata.context']).toMatch(/^https:\/\/.*\$metadata#/);
    },
  },
  {
    it: 'client-request-id is echoed with an item',
    source: '§2.0 [DOC]',
    run: async bench => {
      const id = crypto.randomUUID();
      const path = bench.item((await sample(bench)).file);
      const answer = await bench.graph('GET', path, { headers: { 'client-request-id': id } });
      expect(answer.headers.get('client-request-id')).toBe(id);
    },
  },
  {
    it: 'an error has a code, a message, a date and both request ids',
    source: '§3.1 [DOC errors.md]',
    run: async bench => {
      const id = crypto.randomUUID();
      const headers = { 'client-request-id': id };
      const answer = await bench.graph('GET', bench.child(bench.home, 'nothing'), { headers });
      const { error } = jsonOf<{ error: ErrorBody }>(answer);
      expect(error).toMatchObject({ code: 'itemNotFound', message: expect.stringMatching(/./) });
      expect(error.innerError).toMatchObject({
        date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/),
        'request-id': answer.headers.get('request-id'),
        'client-request-id': id,
      });
    },
  },
  {
    it: 'an error is JSON',
    source: '§3.1 [DOC errors.md]',
    run: async bench => {
      const answer = await bench.graph('GET', bench.child(bench.home, 'nothing'));
      expect(answer.headers.get('Content-Type')).toMatch(/^application\/json/);
    },
  },
  ...answerCases([
    {
      it: 'a request without a token is InvalidAuthenticationToken',
      source: '§1.4 [BG text; code OBS corso]',
      status: 401,
      code: 'InvalidAuthenticationToken',
      ask: bench => bench.graph('GET', bench.drive, { token: null }),
    },
    {
      it: 'a token that is none is InvalidAuthenticationToken',
      source: '§1.4 [BG text; code OBS corso]',
      status: 401,
      code: 'InvalidAuthenticationToken',
      ask: bench => bench.graph('GET', bench.drive, { token: 'garbage' }),
    },
    {
      it: 'a token with a changed signature is InvalidAuthenticationToken',
      source: '§1.4 [BG text; code OBS corso]',
      status: 401,
      code: 'InvalidAuthenticationToken',
      ask: bench => bench.graph('GET', bench.drive, { token: 'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl' }),
    },
    {
      it: 'a user without a token is 401 as well',
      source: '§1.4',
      status: 401,
      ask: bench => bench.graph('GET', `/users/${bench.target.mailbox}`, { token: null }),
    },
  ]),
];
