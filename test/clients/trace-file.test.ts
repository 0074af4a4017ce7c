import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseTrace, readTraces, TraceFileError } from './trace-file.ts';
import { clients, traceOf } from './trace-sample.ts';

describe('a trace file', () => {
  it.each([
    ['{ send: GET /x, expcet: { status: 200 } }', 'step 1: Unrecognized key: "expcet"'],
    ['{ send: GET /x, expect: { status: 200, bodymatches: [a] } }', 'step 1: expect: Unrecognized key: "bodymatches"'],
    ['{ send: GET x, expect: { status: 200 } }', 'step 1: send: write METHOD /path'],
    ['{ send: GET /x }', 'step 1: expects no status'],
    ['{ as: unlock, send: UNLOCK /x }', 'step 1: tester has no habit "unlock"'],
    ['{ as: other/lock, send: LOCK /x }', 'step 1: no client "other"'],
    ['{ as: lock, send: PUT /x }', 'step 1: "lock" is a LOCK, not a PUT'],
    ['{ as: lock, send: LOCK /x, bodyBytes: 1 }', 'step 1: has more than one body'],
    ['{ send: PUT /x, bodyBytes: 3 apples, expect: { status: 200 } }', 'step 1: bodyBytes: not a size: "3 apples"'],
    [
      '{ send: GET /x, expect: { status: 200, bodyMatches: ["("] } }',
      'step 1: expect: bodyMatches: 0: Invalid regular',
    ],
    [
      '{ send: GET /x, expect: { status: 200 }, save: { t: "no group" } }',
      'step 1: save: t: the pattern needs a group',
    ],
  ])('with a mistake is refused: %s', (step, problem) => {
    expect(() => traceOf(step)).toThrow(TraceFileError);
    expect(() => traceOf(step)).toThrow(`tried.yaml: ${problem}`);
  });

  it('is refused when a key outside of the steps is unknown, or it is no YAML', () => {
    const text = 'client: tester\ntitle: t\nsource: s\nsteps: [{ send: GET /, expect: { status: 200 } }]\nthen: {}\n';
    const parse = (more: string) => () => parseTrace(text + more, { file: 'tried.yaml', clients });
    expect(parse('')().steps).toHaveLength(1);
    expect(parse('afterwards: {}')).toThrow('tried.yaml: Unrecognized key: "afterwards"');
    expect(parse('given: { ada: { /folder/: text } }')).toThrow(
      'tried.yaml: given: ada: /folder/: a folder, and only a folder, ends with a slash',
    );
    expect(parse('given: [')).toThrow(/^tried\.yaml: .*line/s);
  });

  it('takes what a habit says of success only where success is expected', () => {
    const [refused] = traceOf('{ as: lock, send: LOCK /x, expect: { status: 423 } }').steps;
    expect(refused!.expect).toMatchObject({ status: [423], headers: {} });
    expect(refused!.save).toEqual({});
  });
});

it('the folder of traces has files of all three clients', async () => {
  const traces = await readTraces(fileURLToPath(new URL('traces', import.meta.url)));
  expect(new Set(traces.map(({ client }) => client))).toEqual(new Set(['Explorer', 'Finder', 'Office']));
});
