import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type FrontDoorTest, LIMITS, startFrontDoor } from '../support/front-door.ts';
import { compose, rawRequest } from '../support/raw-http.ts';

const MIB = 1024 ** 2;

/** A clock whose sleepers wake when the test says so. */
function heldClock(): Clock & { wake(): void; readonly slept: number[] } {
  const slept: number[] = [];
  let wake = () => {};
  const sleep = (milliseconds: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      slept.push(milliseconds);
      wake = resolve;
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  return { now: () => 0, sleep, wake: () => wake(), slept };
}

describe('the answer to a request whose body nobody has read', () => {
  const upload = (length: string) =>
    compose('PUT /m/x', { [length === 'chunked' ? 'Transfer-Encoding' : 'Content-Length']: length });

  async function connected(door: FrontDoorTest): Promise<Socket> {
    const { hostname, port } = new URL(door.url);
    const socket = connect(Number(port), hostname).setEncoding('latin1');
    await once(socket, 'connect');
    return socket;
  }

  /** Writes `count` MiB, as fast as they are taken. */
  async function pour(socket: Socket, count: number, wrap = (bytes: Buffer): Buffer => bytes): Promise<void> {
    const block = wrap(Buffer.alloc(MIB));
    for (let sent = 0; sent < count; sent += 1) {
      if (!socket.write(block)) {
        await once(socket, 'drain');
      }
    }
  }

  async function readAll(socket: Socket): Promise<string> {
    const chunks: string[] = await socket.toArray();
    return chunks.join('');
  }

  const chunk = (bytes: Buffer) => Buffer.concat([Buffer.from(`${MIB.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

  it('reaches a client that sends all of a chunked body before it reads', async () => {
    const door = await startFrontDoor();
    const socket = await connected(door);
    socket.write(upload('chunked'));
    await pour(socket, 64, chunk);
    socket.write('0\r\n\r\n');
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*\r\nConnection: close\r\n[\s\S]*\r\n\r\nsign in with/i);
    await door.stop();
  });

  it('is the last on its connection when the body has no known end: what follows is not served', async () => {
    const door = await startFrontDoor();
    const socket = await connected(door);
    socket.write(upload('chunked'));
    await pour(socket, 9, chunk);
    socket.write(`0\r\n\r\n${compose('GET /-/healthz')}`);
    expect((await readAll(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401']);
    await door.stop();
  });

  it('does not bind us to a client whose chunks never stop: after five seconds the connection is cut', async () => {
    const clock = fakeClock();
    const door = await startFrontDoor({ pipeline: { clock } });
    const socket = await connected(door);
    socket.on('error', () => {}).resume();
    const closed = once(socket, 'close');
    socket.write(upload('chunked'));
    await closed;
    expect(clock.slept).toEqual([5_000]);
    await door.stop();
  });

  it('is the last on its connection when the body is longer than any that is stored, and five seconds are all it gets', async () => {
    const clock = fakeClock();
    const door = await startFrontDoor({ pipeline: { clock } });
    const socket = await connected(door);
    socket.on('error', () => {});
    const answer = readAll(socket);
    socket.write(upload(String(LIMITS.maxUploadBytes + 1)));
    expect(await answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*\r\nConnection: close\r\n/);
    expect(clock.slept).toEqual([5_000]);
    await door.stop();
  });

  it('does not bind us to a client that sends a byte now and then', async () => {
    const clock = heldClock();
    const door = await startFrontDoor({ pipeline: { clock } });
    const socket = await connected(door);
    const closed = new Promise(resolve => socket.on('error', () => {}).once('close', resolve));
    socket.write(upload(String(LIMITS.maxUploadBytes)));
    await once(socket, 'data');
    socket.write('x');
    expect(clock.slept).toEqual([60_000]);
    clock.wake();
    await closed;
    await door.stop();
  });

  it('lets a body take its time as long as it comes', async () => {
    const clock = heldClock();
    const door = await startFrontDoor({ pipeline: { clock } });
    const socket = await connected(door);
    const answers = readAll(socket);
    socket.write(upload(String(96 * MIB)));
    for (let minute = 0; minute < 3; minute += 1) {
      // More than the system holds back between the two ends.
      await pour(socket, 32);
      clock.wake();
    }
    socket.end(compose('GET /-/healthz'));
    expect((await answers).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200']);
    expect(clock.slept.length).toBeGreaterThanOrEqual(3);
    await door.stop();
  });

  it('reaches a client that asked for the end of the connection itself, as nginx does by default', async () => {
    const door = await startFrontDoor();
    const socket = await connected(door);
    socket.write(compose('PUT /m/x', { Connection: 'close', 'Content-Length': String(64 * MIB) }));
    await pour(socket, 64);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 401 [\s\S]*\r\n\r\nsign in with/);
    await door.stop();
  });

  it('leaves nothing behind on the connection, however many requests come by it', async () => {
    const door = await startFrontDoor();
    const socket = await connected(door);
    let answered = 0;
    const enough = (count: number) =>
      new Promise<void>(resolve => {
        socket.removeAllListeners('data').on('data', (text: string) => {
          answered += text.split('HTTP/1.1 200').length - 1;
          if (answered >= count) {
            resolve();
          }
        });
      });
    for (let sent = 500; sent <= 20_000; sent += 500) {
      const all = enough(sent);
      socket.write(compose('GET /-/healthz').repeat(500));
      await all;
    }
    socket.removeAllListeners('data');
    socket.write(compose('GET /-/healthz', { Connection: 'close' }));
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 /);
    expect((await rawRequest(door.url, compose('GET /-/healthz'))).status).toBe(200);
    await door.stop();
  });

  it('leaves nothing behind on the connection either when each body comes after the answer', async () => {
    const door = await startFrontDoor();
    const socket = await connected(door);
    const head = compose('POST /-/healthz', { 'Content-Length': '1' });
    socket.write(head);
    for (let sent = 1; sent < 10_000; sent += 1) {
      await once(socket, 'data');
      socket.write(`x${head}`);
    }
    await once(socket, 'data');
    socket.write(`x${compose('GET /-/healthz', { Connection: 'close' })}`);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 /);
    expect((await rawRequest(door.url, compose('GET /-/healthz'))).status).toBe(200);
    await door.stop();
  });

  it.each([4, 64])('leaves the connection open when the length of the body is known: %s MiB', async count => {
    const door = await startFrontDoor();
    const socket = await connected(door);
    socket.write(upload(String(count * MIB)));
    await pour(socket, count);
    socket.end(compose('GET /-/healthz'));
    expect((await readAll(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200']);
    await door.stop();
  });
});
