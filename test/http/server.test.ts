import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Handle } from '../../src/http/pipeline.ts';
import { runFor } from '../../src/lib/caller.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { holdBack } from '../../src/lib/held-back.ts';
import { createLog } from '../../src/lib/log.ts';
import { rightsTo } from '../../src/mounts/rights.ts';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

/** A connection that stays open until the server ends it. */
function keepOpen(
  url: string,
  bytes: string,
): { socket: Socket; closed: Promise<string>; has(text: string): Promise<void> } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  let received = '';
  const closed = new Promise<string>(resolve => socket.once('close', () => resolve(received)));
  socket.on('error', () => {});
  socket.on('data', chunk => {
    received += chunk;
  });
  socket.write(bytes);
  const has = (text: string) =>
    new Promise<void>(resolve => {
      const look = () => received.includes(text) && resolve();
      socket.on('data', look);
      look();
    });
  return { socket, closed, has };
}

/** A handler that waits in the middle until it is let go. */
function gate(finish: Handle): { handle: Handle; entered: Promise<void>; release: () => void } {
  const entered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const handle: Handle = async (request, response, user) => {
    entered.resolve();
    await released.promise;
    await finish(request, response, user);
  };
  return { handle, entered: entered.promise, release: released.resolve };
}

/** Nothing is ever cut by it: what ends, ends by itself. */
const patientClock: Clock = {
  now: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
};

describe('createHttpFrontServer', () => {
  it('stop does not wait for the patience of clients that keep their connection', async () => {
    const { handle, entered, release } = gate(async (_request, response) => {
      response.writeHead(200, { 'Content-Length': '4' }).end('done');
    });
    const door = await startFrontDoor({ pipeline: { handle }, server: { clock: patientClock } });
    const client = keepOpen(door.url, compose('GET /m/', basic(door.user, door.password)));
    await entered;
    const stopped = door.stop();
    release();
    await stopped;
    expect(await client.closed).toMatch(/\r\n\r\ndone$/);
  });

  it('stop cuts a request that does not end in time, and gives it time to tidy up', async () => {
    const { handle, entered } = gate(async () => {});
    const clock = fakeClock();
    const door = await startFrontDoor({ pipeline: { handle }, server: { clock, drainMs: 30_000 } });
    const client = keepOpen(door.url, compose('GET /m/', basic(door.user, door.password)));
    await entered;
    await door.stop();
    expect(await client.closed).toBe('');
    expect(clock.slept).toEqual([30_000, 5_000]);
  });

  it('stop waits for work that goes on after its client has gone', async () => {
    const ended: string[] = [];
    const { handle, entered, release } = gate(async () => void ended.push('work'));
    const door = await startFrontDoor({ pipeline: { handle }, server: { clock: patientClock } });
    const client = keepOpen(door.url, compose('GET /m/', basic(door.user, door.password)));
    await entered;
    client.socket.resetAndDestroy();
    const stopped = door.stop().then(() => ended.push('stop'));
    // Once the connection has gone there is nothing but the work to wait for.
    await client.closed;
    await eventually(() => expect(door.logged.join('')).toContain('"aborted":true'));
    release();
    await stopped;
    expect(ended).toEqual(['work', 'stop']);
  });

  it('stop says what it has cut when work does not end in time, with its client or without', async () => {
    const logged: string[] = [];
    const log = createLog({ level: 'warn', destination: { write: line => void logged.push(line) } });
    const { handle, entered } = gate(async () => {});
    const door = await startFrontDoor({ pipeline: { handle }, server: { clock: fakeClock(), log } });
    const client = keepOpen(door.url, compose('GET /m/', basic(door.user, door.password)));
    await entered;
    client.socket.resetAndDestroy();
    await door.stop();
    expect(logged.map(line => JSON.parse(line))).toMatchObject([
      { msg: 'cut the requests that did not end in time', requests: 1 },
    ]);
  });

  it('ends the connection, and writes nothing into the answer, when garbage follows a request', async () => {
    const door = await startFrontDoor({
      pipeline: {
        handle: async (_request, response) => {
          response.writeHead(200, { 'Content-Length': '1000' }).write('begun');
          await new Promise(resolve => response.once('close', resolve));
        },
      },
    });
    const client = keepOpen(door.url, compose('GET /m/', basic(door.user, door.password)));
    await client.has('begun');
    client.socket.write('\0 NONSENSE\r\n\r\n');
    expect(await client.closed).toMatch(/\r\n\r\nbegun$/);
    await door.stop();
  });

  it('cuts a client that is silent in the middle of its body', async () => {
    const user = { name: 'user', rights: rightsTo('*', 'write') };
    // Checking a password takes longer than this server's patience.
    const pipeline = { identify: async () => ({ user }) };
    const door = await startFrontDoor({ pipeline, server: { idleTimeoutMs: 50 } });
    const head = compose('PUT /m/half', { ...basic(door.user, door.password), 'Content-Length': '10' });
    await keepOpen(door.url, `${head}half`).closed;
    const { status } = await rawRequest(door.url, compose('GET /m/half'));
    expect(status).toBe(404);
    await door.stop();
  });

  it('takes no silence for idle while it makes the client wait', async () => {
    const waits = () => new Promise(resolve => setTimeout(resolve, 3_000));
    const door = await startFrontDoor({
      pipeline: {
        identify: async () => ({ user: { name: 'user', rights: rightsTo('*', 'write') } }),
        handle: async ({ socket }, response) => {
          await runFor({ user: 'user', connection: socket }, () => holdBack(waits()));
          response.writeHead(200).end('after all');
        },
      },
      server: { idleTimeoutMs: 1_000 },
    });
    const head = compose('GET /m/f', basic(door.user, door.password));
    expect((await rawRequest(door.url, head)).text).toContain('after all');
    await door.stop();
  });

  it('answers a client that has closed its side of the connection once all was sent', async () => {
    const door = await startFrontDoor();
    const { hostname, port } = new URL(door.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }).setEncoding('latin1');
    socket.end(compose('PUT /m/half', basic(door.user, door.password), 'x'.repeat(100)));
    const answer = (await socket.toArray()).join('');
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    await door.stop();
  });

  it('keeps an idle connection open for longer than a proxy does, which would send a request into its end', async () => {
    const door = await startFrontDoor();
    const { headers } = await rawRequest(door.url, compose('GET /-/healthz'));
    expect(Number(/^timeout=(\d+)$/.exec(headers['keep-alive']!)?.[1])).toBeGreaterThan(120);
    await door.stop();
  });

  it('start says which setting to change when the port is taken', async () => {
    const door = await startFrontDoor();
    const port = Number(new URL(door.url).port);
    await expect(startFrontDoor({ server: { port } })).rejects.toThrow(/port is taken; set listen\.port/);
    await door.stop();
  });
});
