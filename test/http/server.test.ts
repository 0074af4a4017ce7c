import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Handle } from '../../src/http/pipeline.ts';
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

describe('createHttpFrontServer', () => {
  it('stop does not wait for the patience of clients that keep their connection', async () => {
    const { handle, entered, release } = gate(async (_request, response) => {
      response.writeHead(200, { 'Content-Length': '4' }).end('done');
    });
    const clock = {
      now: () => 0,
      // Nothing is ever cut in this test: what ends, ends by itself.
      sleep: (_ms: number, signal?: AbortSignal) =>
        new Promise<void>((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    };
    const door = await startFrontDoor({ pipeline: { handle }, server: { clock } });
    const client = keepOpen(door.url, compose('GET /m/', basic(door.user, door.password)));
    await entered;
    const stopped = door.stop();
    release();
    await stopped;
    expect(await client.closed).toMatch(/\r\n\r\ndone$/);
  });

  it('stop cuts a request that does not end in time', async () => {
    const { handle, entered } = gate(async () => {});
    const clock = fakeClock();
    const door = await startFrontDoor({ pipeline: { handle }, server: { clock, drainMs: 30_000 } });
    const client = keepOpen(door.url, compose('GET /m/', basic(door.user, door.password)));
    await entered;
    await door.stop();
    expect(await client.closed).toBe('');
    expect(clock.slept).toEqual([30_000]);
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
    const user = { name: 'user', mounts: '*', access: 'write' } as const;
    // Checking a password takes longer than this server's patience.
    const pipeline = { authenticate: async () => ({ user }) };
    const door = await startFrontDoor({ pipeline, server: { idleTimeoutMs: 50 } });
    const head = compose('PUT /m/half', { ...basic(door.user, door.password), 'Content-Length': '10' });
    await keepOpen(door.url, `${head}half`).closed;
    const { status } = await rawRequest(door.url, compose('GET /m/half'));
    expect(status).toBe(404);
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
