import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/emulator/emulator.ts';
import { playSteps, type Stage, TraceError } from './trace-player.ts';
import { traceOf } from './trace-sample.ts';

interface Seen {
  readonly line: string;
  /** Without Host and Authorization, which differ from run to run. */
  readonly headers: readonly string[];
  readonly user: string | undefined;
  readonly port: number | undefined;
  readonly body: string;
}

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function start(answer: RequestListener): Promise<Stage> {
  server = createServer(answer).on('checkContinue', (request, response) => {
    response.writeContinue();
    answer(request, response);
  });
  await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const users = { a: { user: 'ann', password: 'x' }, b: { user: 'bob', password: 'y' } };
  return { url, publicUrl: 'https://public.example.com', users, calls: [] };
}

/** A stage that answers everything in the same way and remembers what it was asked. */
async function stageThat(answer: RequestListener): Promise<{ stage: Stage; seen: Seen[] }> {
  const seen: Seen[] = [];
  const stage = await start(async (request, response) => {
    seen.push(await see(request));
    answer(request, response);
  });
  return { stage, seen };
}

async function see(request: IncomingMessage): Promise<Seen> {
  const { rawHeaders, headers, method, url, socket } = request;
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  const lines = names.map((name, index) => `${name}: ${rawHeaders[2 * index + 1]}`);
  const [, credentials = ''] = headers.authorization?.split(' ') ?? [];
  return {
    line: `${method} ${url}`,
    headers: lines.filter(line => !/^(host|authorization):/i.test(line)),
    user: Buffer.from(credentials, 'base64').toString().split(':')[0] || undefined,
    port: socket.remotePort,
    body: await readText(request),
  };
}

async function errorOf(playing: Promise<unknown>): Promise<Error> {
  return playing.then(
    () => new Error('the trace was played to its end'),
    error => error,
  );
}

describe('a step', () => {
  it('goes out as it is written, with the habits of its client', async () => {
    const { stage, seen } = await stageThat((_, response) => {
      response.writeHead(200, { 'Lock-Token': '<urn:uuid:1>' }).end();
    });
    await playSteps(
      traceOf(
        '{ as: lock, send: LOCK /ada/u%CC%88 }',
        "{ send: PUT /x, headers: { If: '(<{token}>)', translate: ~ }, chunkedBytes: 3, expect: { status: 200 } }",
        "{ user: b, send: MOVE /x, headers: { destination: '{base}/y', X: '{public}/z' }, expect: { status: [200, 201] } }",
        '{ user: nobody, send: PUT /x, headers: { Expect: 100-continue }, body: hi, expect: { status: 200 } }',
      ),
      stage,
    );
    expect(seen.map(({ line, headers, user }) => [line, user, ...headers])).toEqual([
      [
        'LOCK /ada/u%CC%88',
        'ann',
        'User-Agent: Tester/1',
        'translate: f',
        'Depth: 0',
        'Content-Length: 11',
        'Connection: keep-alive',
      ],
      [
        'PUT /x',
        'ann',
        'User-Agent: Tester/1',
        'If: (<urn:uuid:1>)',
        'Transfer-Encoding: chunked',
        'Connection: keep-alive',
      ],
      [
        'MOVE /x',
        'bob',
        'User-Agent: Tester/1',
        'translate: f',
        `destination: ${stage.url}/y`,
        'X: https://public.example.com/z',
        'Connection: keep-alive',
      ],
      [
        'PUT /x',
        undefined,
        'User-Agent: Tester/1',
        'translate: f',
        'Expect: 100-continue',
        'Content-Length: 2',
        'Connection: keep-alive',
      ],
    ]);
    expect(seen.map(({ body }) => body.length)).toEqual([11, 3, 0, 2]);
    expect(seen[0]!.body).toBe('<lockinfo/>');
    expect(seen[1]!.port).toBe(seen[0]!.port);
  });

  it('that is not answered as expected ends the trace; the error says where, what was expected and what came', async () => {
    const { stage, seen } = await stageThat((_, response) => {
      response.writeHead(501, { 'X-Why': 'not yet' }).end(`${'long '.repeat(200)}`);
    });
    const error = await errorOf(
      playSteps(
        traceOf(
          '{ send: GET /first, expect: { status: 501, headers: { X-Why: /YET/i, X-Not: ~ }, bodyMatches: ["^long"] } }',
          '{ user: b, as: lock, send: LOCK /ada/x, expect: { hrefs: [/a], bodyLacks: [long], bodyBytes: 7, body: short } }',
          '{ send: GET /never, expect: { status: 200 } }',
        ),
        stage,
      ),
    );
    expect(error).toBeInstanceOf(TraceError);
    const [line, ...rest] = error.message.split('\n');
    expect(line).toBe('tried.yaml: step 2 of 3: LOCK /ada/x (user b)');
    expect(rest.slice(0, 9)).toEqual([
      '  expected status 200',
      '  expected header Lock-Token: /^</',
      '  expected the body "short"',
      '  expected 7 bytes of body, not 1000',
      '  expected a body without /long/',
      '  expected the hrefs /a, not none',
      '  expected something to save as "token": /lock-token: <([^>]+)>/',
      '  came 501 Not Implemented',
      '    X-Why: not yet',
    ]);
    expect(rest.at(-1)).toBe('long '.repeat(100));
    expect(seen).toHaveLength(2);
  });

  it('with a large body that is refused at once gets its answer', async () => {
    const stage = await start((_, response) => {
      response.writeHead(423, { Connection: 'close' }).end('locked');
    });
    const trace = traceOf('{ send: PUT /x, bodyBytes: 40 MiB, expect: { status: 423, body: locked } }');
    expect(await playSteps(trace, stage)).toEqual([]);
  });

  it('without an answer is told as such', async () => {
    const stage = await start(request => void request.socket.destroy());
    const error = await errorOf(playSteps(traceOf('{ send: GET /x, expect: { status: 200 } }'), stage));
    expect(error.message).toMatch(/^tried\.yaml: step 1 of 1: GET \/x \(user a\)\n {2}no answer: /);
  });

  it('cannot use a value that was not saved', async () => {
    const { stage, seen } = await stageThat((_, response) => void response.end());
    const error = await errorOf(playSteps(traceOf("{ send: 'GET /{token}', expect: { status: 200 } }"), stage));
    expect(error.message).toBe('tried.yaml: step 1 of 1: nothing was saved as "token"');
    expect(seen).toEqual([]);
  });

  it('counts the Graph calls of the marked range, both ends included', async () => {
    const calls: CallRecord[] = [];
    const { stage } = await stageThat((request, response) => {
      calls.push({ operation: request.url! } as CallRecord);
      response.end();
    });
    const step = (path: string, count = '') => `{ send: GET ${path}, ${count} expect: { status: 200 } }`;
    const trace = traceOf(step('/1'), step('/2', 'count: start,'), step('/3'), step('/4', 'count: stop,'), step('/5'));
    const counted = await playSteps(trace, { ...stage, calls });
    expect(counted.map(({ operation }) => operation)).toEqual(['/2', '/3', '/4']);
  });
});
