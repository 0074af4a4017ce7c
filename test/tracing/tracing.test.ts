import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTraces } from '../../src/app/tracing.ts';
import { createCallGraph } from '../../src/graph/client.ts';
import { cloudOf } from '../../src/graph/clouds.ts';
import { Fence } from '../../src/graph/fence.ts';
import { NO_OBSERVER } from '../../src/graph/observer.ts';
import type { HttpAnswer, HttpCall, Transport } from '../../src/graph/transport.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import { type OtlpCollector, type ReceivedSpan, startCollector } from '../support/otlp-collector.ts';
import { basic } from '../support/raw-http.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/test-server.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

const QUIET = { headers: {}, sampleRatio: 1, serviceName: 'files', paths: false };
const LISTEN = {
  ...{ host: '127.0.0.1', port: 0, reusePort: false, basePath: [], trustedProxies: [], compression: true, cors: [] },
  ...{ tls: undefined, http2: true },
};

let collector: OtlpCollector;
let server: TestServer | undefined;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await collector[Symbol.asyncDispose]();
});

async function serve(tracing = '', { yaml = [], ...options }: TestServerOptions = {}): Promise<TestServer> {
  const keys = [`endpoint: "${collector.url}"`, ...(tracing === '' ? [] : [tracing])].join(', ');
  server = await startTestServer({ ...options, yaml: [`tracing: { ${keys} }`, ...yaml] });
  await server.mailboxes.ada.put('/secret plan.txt', 'words');
  return server;
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server!.url}${path}`, { headers: { ...basic(server!.user, server!.password), ...headers } });
}

/** The end of a server sends what is left. */
async function spansAtEnd(): Promise<readonly ReceivedSpan[]> {
  await server!.suspend();
  return collector.spans;
}

const isServer = ({ kind }: ReceivedSpan) => kind === 2;

describe('a traced request', () => {
  it('is a span in the words of the conventions, and has each call to Microsoft below it', async () => {
    await serve('serviceName: files');
    await (await get('/ada/secret%20plan.txt', { 'User-Agent': 'curl/7.88.1' })).text();
    const spans = await spansAtEnd();
    const [request, ...more] = spans.filter(isServer);
    expect(more).toEqual([]);
    expect(request).toMatchObject({ name: 'GET', service: 'files', parentSpanId: undefined, status: 0 });
    expect(request!.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'user_agent.original': 'curl/7.88.1',
    });
    const calls = spans.filter(({ parentSpanId }) => parentSpanId === request!.spanId);
    const names = calls.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['GET /users/{id}/drive', 'content download']));
    // The start has asked for it, or the request.
    expect(spans.map(({ name }) => name)).toContain('token');
    expect(calls.every(({ traceId, kind }) => traceId === request!.traceId && kind === 3)).toBe(true);
    expect(calls.find(({ name }) => name === 'GET /users/{id}/drive')!.attributes).toEqual({
      'onedrive_webdav.tenant': 'default',
      'http.request.method': 'GET',
      'url.template': '/users/{id}/drive',
      'http.response.status_code': 200,
    });
  });

  it('says nothing of people and files', async () => {
    await serve();
    await (await get('/ada/secret%20plan.txt')).text();
    await spansAtEnd();
    expect(collector.text).not.toMatch(/secret|plan|ada|contoso|tester|graph\.microsoft\.com|tempauth/i);
  });

  it('has its path where the operator wants it', async () => {
    await serve('paths: true');
    await (await get('/ada/secret%20plan.txt?x=1')).text();
    const request = (await spansAtEnd()).find(isServer);
    expect(request!.attributes['url.path']).toBe('/ada/secret%20plan.txt');
  });

  it('has no token of a share in it', async () => {
    await serve('paths: true');
    await (await get('/-/s/0123456789abcdefghjkmnpqrstv/plan.txt')).text();
    const request = (await spansAtEnd()).find(isServer);
    expect(request!.attributes['url.path']).toBe('/-/s/[redacted]/plan.txt');
  });

  it('is found by the id on its line in the log', async () => {
    await serve();
    await (await get('/ada/secret%20plan.txt')).text();
    const request = (await spansAtEnd()).find(isServer);
    const lines = server!.logged.map(line => JSON.parse(line) as { msg: string; trace?: string });
    expect(lines.find(({ msg }) => msg === 'request')!.trace).toBe(request!.traceId);
  });

  it('says how often a call was sent again, and that it failed', async () => {
    await serve();
    server!.emulator.setFault(operation =>
      operation === 'user-drive-get' || operation === 'drive-get' ? { status: 500 } : undefined,
    );
    expect((await get('/ada/secret%20plan.txt')).status).toBeGreaterThanOrEqual(500);
    const spans = await spansAtEnd();
    const call = spans.find(({ name }) => name === 'GET /users/{id}/drive');
    expect(call).toMatchObject({
      status: 2,
      attributes: { 'http.response.status_code': 500, 'http.request.resend_count': 3, 'error.type': '500' },
    });
    expect(spans.find(isServer)!.status).toBe(2);
  });
});

describe('traceparent', () => {
  const header = (flags: string) => ({ traceparent: `00-${TRACE}-${SPAN}-${flags}` });
  const trusting = { yaml: ['listen: { host: 127.0.0.1, port: 0, trustedProxies: [127.0.0.1] }'] };

  it('of a trusted proxy is the parent', async () => {
    await serve('sampleRatio: 0', trusting);
    await (await get('/ada/secret%20plan.txt', header('01'))).text();
    const request = (await spansAtEnd()).find(isServer);
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: SPAN });
  });

  it('counts as the configuration says now', async () => {
    const running = await serve('sampleRatio: 0', trusting);
    const tracing = `tracing: { endpoint: "${collector.url}", sampleRatio: 0 }`;
    await running.reload({ yaml: [tracing, 'listen: { host: 127.0.0.1, port: 0 }'] });
    await (await get('/ada/secret%20plan.txt', header('01'))).text();
    await running.reload({ yaml: [tracing, ...trusting.yaml] });
    await (await get('/ada/', header('01'))).text();
    const requests = (await spansAtEnd()).filter(isServer);
    expect(requests.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual([[TRACE, SPAN]]);
  });

  it('of a trusted proxy that does not sample is followed as well', async () => {
    await serve('sampleRatio: 1', trusting);
    await (await get('/ada/secret%20plan.txt', header('00'))).text();
    expect((await spansAtEnd()).filter(({ traceId }) => traceId === TRACE)).toEqual([]);
    expect(collector.spans.filter(isServer)).toEqual([]);
  });

  it('of anybody else counts for nothing: a client cannot make the server trace', async () => {
    await serve('sampleRatio: 0');
    await (await get('/ada/secret%20plan.txt', header('01'))).text();
    expect(await spansAtEnd()).toEqual([]);
    expect(server!.logged.join('\n')).not.toContain(TRACE);
  });

  it.each([
    [false, []],
    [true, ['traceparent']],
  ])('is sent to Graph where propagateToMicrosoft is %s: %j', async (propagateToMicrosoft, sent) => {
    const tracing = { ...QUIET, endpoint: collector.url, propagateToMicrosoft };
    const traces = await openTraces(
      { tracing, listen: LISTEN },
      { log: createLog({ level: 'fatal' }), clock: systemClock },
    );
    const seen: HttpCall[] = [];
    const call = createCallGraph({
      cloud: cloudOf('global', { authorityHost: undefined, graphUrl: undefined }),
      tokens: { token: async () => 'token', forget: () => {}, quietSeconds: () => 0, since: () => undefined },
      transport: answeringEmpty(seen),
      fence: new Fence(systemClock, 1),
      clock: systemClock,
      observer: { ...NO_OBSERVER, begin: operation => traces!.beginCall('default', operation) },
    });
    await call({ method: 'GET', path: '/users/ada/drive', signal: new AbortController().signal });
    await traces!.stop();
    expect(Object.keys(seen[0]!.headers!).filter(name => name.startsWith('trace'))).toEqual(sent);
    const { traceId, spanId } = collector.spans[0]!;
    expect([undefined, `00-${traceId}-${spanId}-01`]).toContain(seen[0]!.headers!.traceparent);
  });
});

/** A way to Microsoft that answers everything with an empty object. */
function answeringEmpty(seen: HttpCall[]): Transport {
  const send = async (call: HttpCall): Promise<HttpAnswer> => {
    seen.push(call);
    return { status: 200, headers: {}, body: Readable.from([Buffer.from('{}')]) };
  };
  const never = { sendRequest: () => Promise.reject(new Error('no token is needed')) };
  return { send, sendHere: send, httpClient: never, localHttpClient: never, close: async () => {} };
}

describe('a collector', () => {
  it('gets the headers of the configuration', async () => {
    await serve('headers: { x-api-key: of-the-tests }');
    await (await get('/ada/secret%20plan.txt')).text();
    await spansAtEnd();
    expect(collector.headers.map(each => each['x-api-key'])).toEqual(expect.arrayContaining(['of-the-tests']));
  });

  it('that fails or is away does no harm, and is logged once', async () => {
    await serve();
    collector.status = 400;
    for (let count = 0; count < 3; count += 1) {
      expect(await (await get('/ada/secret%20plan.txt')).text()).toBe('words');
    }
    await spansAtEnd();
    expect(server!.logged.filter(line => line.includes('takes no traces'))).toHaveLength(1);
  });
});

describe('a server that traces nothing', () => {
  it('has no trace on its lines in the log', async () => {
    server = await startTestServer();
    await get('/');
    await server.suspend();
    expect(server.logged.join('\n')).not.toContain('"trace":');
  });
});
