import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Handle } from '../../src/http/pipeline.ts';
import { eventually } from '../support/eventually.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

const doors: FrontDoorTest[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    socket.destroy();
  }
  for (const door of doors.splice(0)) {
    await door.stop();
  }
});

async function open(options: Parameters<typeof startFrontDoor>[0]): Promise<FrontDoorTest> {
  const door = await startFrontDoor(options);
  doors.push(door);
  return door;
}

/** A connection from `from` that says nothing; on Linux every address of 127.0.0.0/8 is this machine. */
async function silent({ url }: FrontDoorTest, from = '127.0.0.1'): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, localAddress: from }).on('error', () => {});
  socket.resume();
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** The server has seen it too: it answers something that came after it. */
const seen = (door: FrontDoorTest) => rawRequest(door.url, compose('GET /-/healthz'));
const statusOf = async (door: FrontDoorTest, path = '/m/') =>
  (await rawRequest(door.url, compose(`PROPFIND ${path}`, { ...basic(door.user, door.password), Depth: '0' }))).status;

/** A handler that never ends a request for `/m/busy`. */
function busyHandler(): { handle: Handle; release: () => void; entered: () => number } {
  const released = Promise.withResolvers<void>();
  let count = 0;
  const handle: Handle = async (request, response) => {
    if (request.url === '/m/busy') {
      count += 1;
      await released.promise;
    }
    response.writeHead(200, { 'Content-Length': '0' }).end();
  };
  return { handle, release: released.resolve, entered: () => count };
}

async function busy(door: FrontDoorTest, from?: string): Promise<Socket> {
  const socket = await silent(door, from);
  socket.write(compose('GET /m/busy', basic(door.user, door.password)));
  return socket;
}

describe('D14 connections are shared', () => {
  it('idle ones give way, the longest idle first, and nobody is shut out', async () => {
    const door = await open({ server: { connections: { max: 8, maxPerAddress: 8, reserve: 0 } } });
    const first = await silent(door);
    const ended = once(first, 'close');
    for (let more = 0; more < 30; more += 1) {
      await silent(door);
    }
    await ended;
    expect([await statusOf(door), (await seen(door)).status]).toEqual([207, 200]);
  });

  it('one that waits for its answer is not idle', async () => {
    const { handle, release, entered } = busyHandler();
    const door = await open({
      pipeline: { handle },
      server: { connections: { max: 4, maxPerAddress: 4, reserve: 0 } },
    });
    const working = await busy(door);
    await eventually(() => expect(entered()).toBe(1));
    for (let more = 0; more < 20; more += 1) {
      await silent(door);
    }
    await seen(door);
    release();
    const [answer] = (await once(working, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 200/);
  });

  it('an address that has its share leaves room for others', async () => {
    const { handle, release, entered } = busyHandler();
    const door = await open({
      pipeline: { handle },
      server: { connections: { max: 4, maxPerAddress: 3, reserve: 0 } },
    });
    for (let more = 0; more < 6; more += 1) {
      await busy(door, '127.0.0.2');
    }
    await eventually(() => expect(entered()).toBe(3));
    expect((await rawRequest(door.url, compose('GET /m/', basic(door.user, door.password)))).status).toBe(200);
    expect(entered()).toBe(3);
    release();
  });

  it('a trusted proxy, behind which everybody is, has no share of its own', async () => {
    const { handle, release, entered } = busyHandler();
    const connections = { max: 4, maxPerAddress: 1, reserve: 0 };
    const door = await open({ pipeline: { handle }, server: { connections, isProxy: () => true } });
    for (let more = 0; more < 3; more += 1) {
      await busy(door);
    }
    await eventually(() => expect(entered()).toBe(3));
    release();
  });

  it('health has a reserve of its own when every connection is at work; what else comes on it is 503 with Retry-After', async () => {
    const { handle, release, entered } = busyHandler();
    const connections = { max: 3, maxPerAddress: 3, reserve: 2 };
    const door = await open({ pipeline: { handle }, server: { connections } });
    for (let more = 0; more < 3; more += 1) {
      await busy(door);
    }
    await eventually(() => expect(entered()).toBe(3));
    expect((await seen(door)).status).toBe(200);
    expect((await rawRequest(door.url, compose('GET /-/readyz'))).status).toBe(200);
    const { status, headers } = await rawRequest(door.url, compose('GET /m/', basic(door.user, door.password)));
    expect([status, headers['retry-after'], headers.connection]).toEqual([503, '5', 'close']);
    release();
  });

  it('one that has never said anything goes after the time in which a head must come', async () => {
    const door = await open({ server: { headersTimeoutMs: 300 } });
    await once(await silent(door), 'close');
  });

  it('so does one that is slow with its head, and one that sends empty lines instead', async () => {
    const door = await open({ server: { headersTimeoutMs: 300 } });
    const slow = await silent(door);
    slow.write('GET / HTTP/1.1\r\nHost');
    const empty = await silent(door);
    const timer = setInterval(() => empty.write('\r\n'), 50);
    await Promise.all([once(slow, 'close'), once(empty, 'close')]);
    clearInterval(timer);
  });
});
