import { once } from 'node:events';
import { constants } from 'node:http2';
import { type AddressInfo, connect, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openShared } from '../../src/http/listener.ts';
import type { Handle } from '../../src/http/pipeline.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { eventually } from '../support/eventually.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { ask, openSession, startTlsDoor } from '../support/http2.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';
import { openManagerSocket } from '../support/restarts.ts';

/** Nothing is ever cut by it: what ends, ends by itself. */
const patientClock: Clock = {
  now: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
};

/** A server whose first request waits in the middle until it is let go; all later ones are answered at once. */
async function openBusy(
  server: Parameters<typeof startFrontDoor>[0],
): Promise<{ door: FrontDoorTest; answer: Promise<{ status: number; text: string }>; release: () => void }> {
  const entered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const handle: Handle = async (_request, response) => {
    entered.resolve();
    await released.promise;
    response.writeHead(200, { 'Content-Length': '4' }).end('done');
  };
  const door = await startFrontDoor({ ...server, pipeline: { handle } });
  const answer = fetch(`${door.url}/m/`, { headers: basic(door.user, door.password) }).then(async got => ({
    status: got.status,
    text: await got.text(),
  }));
  await entered.promise;
  return { door, answer, release: released.resolve };
}

describe('a server that stops by itself', () => {
  it('accepts connections until its requests have ended, and refuses theirs with a time to come again', async () => {
    const { door, answer, release } = await openBusy({ server: { clock: patientClock } });
    const stopped = door.stop();
    const auth = basic(door.user, door.password);
    const refused = await rawRequest(door.url, compose('GET /m/', auth));
    expect(refused.status).toBe(503);
    expect(refused.headers).toMatchObject({ 'retry-after': '5', connection: 'close' });
    expect(refused.text).toContain('the server is stopping');
    // Its own pages tell a monitor that the process is alive.
    expect((await rawRequest(door.url, compose('GET /-/healthz', auth))).status).toBe(200);
    release();
    expect(await answer).toEqual({ status: 200, text: 'done' });
    await stopped;
    await expect(fetch(door.url)).rejects.toThrow();
  });

  it('refuses an upload before its body is sent', async () => {
    const { door, release } = await openBusy({ server: { clock: patientClock } });
    const stopped = door.stop();
    const head = { ...basic(door.user, door.password), 'Content-Length': '1000000', Expect: '100-continue' };
    const { status } = await rawRequest(door.url, compose('PUT /m/file', head));
    expect(status).toBe(503);
    release();
    await stopped;
  });
});

describe('a server whose socket another process goes on with', () => {
  const listener = (fd: number) => ({ socket: { fd }, takeWaiting: () => [], outlivesServer: () => true });

  it('accepts no more, refuses nothing, and answers what still comes on its connections', async () => {
    using bound = openManagerSocket();
    const { door, answer, release } = await openBusy({
      server: { clock: patientClock, listener: listener(bound.fd) },
    });
    const { hostname, port } = new URL(door.url);
    const idle = connect(Number(port), hostname).setEncoding('latin1');
    let received = '';
    idle.on('data', chunk => {
      received += chunk;
    });
    idle.write(compose('GET /-/healthz'));
    await eventually(() => expect(received).toContain('ok\n'));
    const stopped = door.stop();
    received = '';
    idle.write(compose('GET /m/', basic(door.user, door.password)));
    release();
    expect((await answer).status).toBe(200);
    await eventually(() => expect(received).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nConnection: close\r\n[\s\S]*done$/));
    await stopped;
  });
});

describe('a server on a port that another process may share', () => {
  const address = { host: '127.0.0.1', port: 0 };

  it('refuses requests until that one has come, and then accepts no connection', async () => {
    let hasCome = false;
    const listener = await openShared(address, { outlivesServer: () => hasCome });
    const { door, answer, release } = await openBusy({ server: { listener } });
    const stopped = door.stop();
    const head = compose('GET /m/', basic(door.user, door.password));
    expect((await rawRequest(door.url, head)).status).toBe(503);
    hasCome = true;
    // In this test nobody else listens; no answer at all is status 0.
    await eventually(async () => expect((await rawRequest(door.url, compose('GET /-/healthz'))).status).toBe(0));
    release();
    expect(await answer).toEqual({ status: 200, text: 'done' });
    await stopped;
  });

  it('answers what has come before it served, in HTTP/2 as well', async () => {
    const listener = await openShared(address, { outlivesServer: () => false });
    const { port } = (listener.socket as Server).address() as AddressInfo;
    const early = openSession({ url: `https://127.0.0.1:${port}` });
    await once(listener.socket as Server, 'connection');
    const handle: Handle = async (_request, response) => void response.end('done');
    const door = await startTlsDoor({ pipeline: { handle }, server: { listener } });
    const session = await early;
    expect(await ask(session, 'GET /m/')).toMatchObject({ status: 200, body: 'done' });
    session.close();
    await door.stop();
  });
});

describe('a server that stops, in HTTP/2', () => {
  it('says GOAWAY on its connections, ends their streams, and refuses the request of a new one', async () => {
    const entered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const handle: Handle = async (_request, response) => {
      entered.resolve();
      await released.promise;
      response.writeHead(200, { 'Content-Length': '4' }).end('done');
    };
    const door = await startTlsDoor({ pipeline: { handle }, server: { clock: patientClock } });
    const session = await openSession(door);
    const goaway = once(session, 'goaway');
    const answer = ask(session, 'GET /m/');
    await entered.promise;
    const stopped = door.stop();
    expect((await goaway)[0]).toBe(constants.NGHTTP2_NO_ERROR);
    const late = await openSession(door);
    const lateIsOver = once(late, 'close');
    const refused = await ask(late, 'GET /m/');
    expect(refused).toMatchObject({ status: 503, isWhole: true });
    expect(refused.headers['retry-after']).toBe('5');
    await lateIsOver;
    released.resolve();
    expect(await answer).toMatchObject({ status: 200, body: 'done', isWhole: true });
    await stopped;
  });
});

describe('a hurry', () => {
  it('ends a drain at once', async () => {
    const { door, answer } = await openBusy({ server: { clock: patientClock } });
    answer.catch(() => {});
    const hurry = new AbortController();
    const stopped = door.stop({ hurry: hurry.signal });
    hurry.abort();
    await stopped;
    await expect(answer).rejects.toThrow();
    expect(door.logged.join('')).toContain('cut the requests that did not end in time');
  });
});
