import { expect } from 'vitest';
import { type Answer, expectAnswer, type Item, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import type { ContractCase } from './contract-case.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** A call that takes JSON, on `sub`, a folder with `inside.txt`. `path` is below the item's own. */
interface Call {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** A body is a must; the docs say so of all but createUploadSession. */
  readonly bodies: readonly [string, string][];
}

/** No JSON objects, and a name that no UTF-8 can hold. */
const NO_OBJECTS: readonly [string, string][] = [
  ['null', 'null'],
  ['an array', '[]'],
  ['a string', '"name"'],
  ['half an object', '{"name":'],
];

/** So that a body is wrong in one way only. */
const FAIL = '"@microsoft.graph.conflictBehavior":"fail"';

const LONE_SURROGATE: [string, string] = ['a lone surrogate in the name', `{"name":"a\\ud800b",${FAIL}}`];

const CALLS: Call[] = [
  {
    name: 'PATCH',
    method: 'PATCH',
    path: '',
    bodies: [
      ...NO_OBJECTS,
      ['a parentReference of null', `{"parentReference":null,${FAIL}}`],
      ['a parentReference that is a string', `{"parentReference":"x",${FAIL}}`],
      ['a name of null', `{"name":null,${FAIL}}`],
      ['a name that is a number', `{"name":5,${FAIL}}`],
      ['a time that is none', '{"fileSystemInfo":{"lastModifiedDateTime":"yesterday"}}'],
      LONE_SURROGATE,
    ],
  },
  {
    name: 'a new folder',
    method: 'POST',
    path: '/children',
    bodies: [
      ...NO_OBJECTS,
      ['a name that is an object', `{"name":{},"folder":{},${FAIL}}`],
      ['a lone surrogate', `{"name":"a\\ud800b","folder":{},${FAIL}}`],
    ],
  },
  {
    name: 'createUploadSession',
    method: 'POST',
    path: ':/new.bin:/createUploadSession',
    bodies: [
      ['an array', '[]'],
      ['half an object', '{"item":'],
      ['an item that is a string', '{"item":"x"}'],
    ],
  },
  {
    name: 'copy',
    method: 'POST',
    path: '/copy?@microsoft.graph.conflictBehavior=fail',
    bodies: [
      ...NO_OBJECTS,
      ['a parentReference that is a string', '{"parentReference":"x","name":"b"}'],
      LONE_SURROGATE,
    ],
  },
];

async function ask(bench: Bench, sub: Item, { method, path }: Call, body: string): Promise<Answer> {
  return bench.graph(method, `${bench.item(sub)}${path}`, { headers: JSON_TYPE, body });
}

export const INVALID_BODIES: ContractCase[] = CALLS.flatMap(call =>
  call.bodies.map(([what, body]) => ({
    it: `${call.name} with ${what} is 400 and changes nothing`,
    source: '§3.1 [DOC] invalidRequest; RFC 8259 §8.2 for lone surrogates',
    run: async (bench: Bench) => {
      const folder = await bench.folder();
      const sub = await bench.makeFolder(folder, 'sub');
      const inside = await bench.file(sub, 'inside.txt');
      expectAnswer(await ask(bench, sub, call, body), 400);
      await bench.expectChildren(folder, [{ id: sub.id, name: 'sub' }]);
      await bench.expectChildren(sub, [{ id: inside.id, name: 'inside.txt' }]);
      expect(textOf(await bench.download(inside))).toBe('inside.txt');
    },
  })),
);
