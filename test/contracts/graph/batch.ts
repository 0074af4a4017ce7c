import { expect } from 'vitest';
import { type Answer, expectAnswer, type Item, jsonOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

interface Step {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly dependsOn?: string[];
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

interface StepAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Partial<Item> & { error?: { code?: string } };
}

const SOURCE = '§2.14; learn "Combine multiple HTTP requests using JSON batching" [DOC]';
const MAX_STEPS = 20;

function send(bench: Bench, requests: readonly Step[]): Promise<Answer> {
  return bench.graph('POST', '/$batch', { json: { requests } });
}

/** The answers by the ids of their requests; their order is not said. */
async function batch(bench: Bench, requests: readonly Step[]): Promise<Map<string, StepAnswer>> {
  const answer = await send(bench, requests);
  expectAnswer(answer, 200);
  const { responses } = jsonOf<{ responses: StepAnswer[] }>(answer);
  expect(responses).toHaveLength(requests.length);
  return new Map(responses.map(response => [response.id, response]));
}

function get(id: string, url: string): Step {
  return { id, method: 'GET', url };
}

function makeFolder(bench: Bench, parent: Item, step: { id: string; name: string; dependsOn?: string[] }): Step {
  const { id, name, dependsOn } = step;
  const headers = { 'Content-Type': 'application/json' };
  const body = { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
  return { id, method: 'POST', url: `${bench.item(parent)}/children`, dependsOn, headers, body };
}

export const BATCH: ContractCase[] = [
  {
    it: 'two look-ups are answered by their ids',
    source: SOURCE,
    run: async bench => {
      const folder = await bench.folder();
      const file = await bench.file(folder, 'a.txt');
      const answers = await batch(bench, [get('one', bench.item(folder)), get('2', bench.item(file))]);
      expect(answers.get('one')).toMatchObject({ status: 200, body: { id: folder.id, name: folder.name } });
      expect(answers.get('2')).toMatchObject({ status: 200, body: { id: file.id, size: 5 } });
    },
  },
  {
    it: 'a failure within does not fail the whole',
    source: SOURCE,
    run: async bench => {
      const folder = await bench.folder();
      const answers = await batch(bench, [get('1', bench.child(folder, 'nothing')), get('2', bench.item(folder))]);
      expect(answers.get('1')).toMatchObject({ status: 404, body: { error: { code: 'itemNotFound' } } });
      expect(answers.get('2')).toMatchObject({ status: 200 });
    },
  },
  {
    it: 'dependsOn makes an order',
    source: SOURCE,
    run: async bench => {
      const folder = await bench.folder();
      const made = makeFolder(bench, folder, { id: '1', name: 'a' });
      const inside: Step = {
        ...makeFolder(bench, folder, { id: '2', name: 'b', dependsOn: ['1'] }),
        url: `${bench.child(folder, 'a')}/children`,
      };
      const answers = await batch(bench, [made, inside]);
      expect([answers.get('1')!.status, answers.get('2')!.status]).toEqual([201, 201]);
      expect(answers.get('2')!.body!.parentReference!.id).toBe(answers.get('1')!.body!.id);
    },
  },
  {
    it: 'what depends on a failure is 424 and not done',
    source: SOURCE,
    run: async bench => {
      const folder = await bench.folder();
      const failing = get('1', bench.child(folder, 'nothing'));
      const answers = await batch(bench, [
        failing,
        makeFolder(bench, folder, { id: '2', name: 'a', dependsOn: ['1'] }),
      ]);
      expect([answers.get('1')!.status, answers.get('2')!.status]).toEqual([404, 424]);
      await bench.expectNames(folder, []);
    },
  },
  {
    it: 'writes with JSON are done',
    source: SOURCE,
    run: async bench => {
      const folder = await bench.folder();
      const file = await bench.file(folder, 'a.txt');
      const rename: Step = {
        ...{ id: '1', method: 'PATCH', url: bench.item(file), headers: { 'Content-Type': 'application/json' } },
        body: { name: 'b.txt', '@microsoft.graph.conflictBehavior': 'fail' },
      };
      expect((await batch(bench, [rename])).get('1')).toMatchObject({ status: 200, body: { name: 'b.txt' } });
      await bench.expectNames(folder, ['b.txt']);
    },
  },
  {
    it: 'a delete is 204',
    source: SOURCE,
    run: async bench => {
      const file = await bench.file(await bench.folder(), 'a.txt');
      const answers = await batch(bench, [{ id: '1', method: 'DELETE', url: bench.item(file) }]);
      expect(answers.get('1')).toMatchObject({ status: 204 });
      await bench.eventually(async () => expectAnswer(await bench.graph('GET', bench.item(file)), 404));
    },
  },
  {
    it: '/content is 302 with its Location',
    source: '§2.14 [BG]; learn "JSON batching": sample with /content',
    run: async bench => {
      const file = await bench.file(await bench.folder(), 'a.txt');
      const answer = (await batch(bench, [get('1', `${bench.item(file)}/content`)])).get('1')!;
      expect(answer.status).toBe(302);
      expect(new Headers(answer.headers).get('Location')).toMatch(/^https:/);
    },
  },
  {
    it: '20 requests are all right',
    source: SOURCE,
    run: async bench => {
      const steps = Array.from({ length: MAX_STEPS }, (_, index) => get(`${index}`, bench.item(bench.home)));
      const answers = await batch(bench, steps);
      expect([...answers.values()].every(({ status }) => status === 200)).toBe(true);
    },
  },
  ...answerCases([
    {
      it: '21 requests are refused',
      source: SOURCE,
      status: 400,
      ask: bench =>
        send(
          bench,
          Array.from({ length: MAX_STEPS + 1 }, (_, index) => get(`${index}`, bench.item(bench.home))),
        ),
    },
    {
      it: 'an id that comes twice is refused',
      source: `${SOURCE}: ids must be unique`,
      status: 400,
      ask: bench => send(bench, [get('1', bench.drive), get('1', bench.drive)]),
    },
    {
      it: 'a body without requests is refused',
      source: SOURCE,
      status: 400,
      ask: bench => bench.graph('POST', '/$batch', { json: {} }),
    },
    {
      it: 'a body of null is refused',
      source: SOURCE,
      status: 400,
      ask: bench => bench.graph('POST', '/$batch', { json: null }),
    },
    {
      it: 'a batch without a token is 401',
      source: '§1.4',
      status: 401,
      ask: bench => bench.graph('POST', '/$batch', { json: { requests: [get('1', bench.drive)] }, token: null }),
    },
  ]),
];
