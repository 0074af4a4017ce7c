import { once } from 'node:events';
import { connect } from 'node:http2';
import { describe, expect, it } from 'vitest';
import type { Handle } from '../../src/http/pipeline.ts';
import { runFor } from '../../src/lib/caller.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { holdBack } from '../../src/lib/held-back.ts';
import { rightsTo } from '../../src/mounts/rights.ts';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import type {} from '../support/front-door.ts';
import { answerOf, ask, begin, DOOR, FLAG, FRAME, frame, headerBlock, pseudo, tlsDoors } from '../support/http2.ts';
import { basic } from '../support/raw-http.ts';

const MIB = 1024 ** 2;
const USER = basic(DOOR.user, DOOR.password) as { Authorization: string };

const { doors, sessions, openDoor: open, sessionTo, rawTo } = tlsDoors();

/** A handler that keeps every request below `/m/busy`. */
function busyHandler(): { handle: Handle; release: () => void; entered: () => number } {
  const released = Promise.withResolvers<void>();
  let count = 0;
  const handle: Handle = async (request, response) => {
    if (request.url!.startsWith('/m/busy')) {
      count += 1;
      await released.promise;
    }
    response.writeHead(200, { 'Content-Length': '0' }).end();
  };
  return { handle, release: released.resolve, entered: () => count };
}

/** A whole GET with the user's password. */
function getFrame(id: number, path: string): Buffer {
  const block = headerBlock([...pseudo('GET', path), ['authorization', USER.Authorization]]);
  return frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, id, block);
}

const resetFrame = (id: number) => frame(FRAME.reset, 0, id, Buffer.from([0, 0, 0, 8]));

/** Nothing is ever cut by it: what ends, ends by itself. */
const patientClock: Clock = {
  now: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
};

describe('requests of HTTP/2 that are under way', () => {
  it('are at most 100 on a connection, as the settings say', async () => {
    const session = await sessionTo(await open());
    expect(session.remoteSettings.maxConcurrentStreams).toBe(100);
  });

  it('count until their work ends, so that resetting them at once does not make room (CVE-2023-44487)', async () => {
    const { handle, release, entered } = busyHandler();
    const door = await open({ pipeline: { handle } });
    const raw = await rawTo(door);
    for (let index = 0; index < 150; index += 1) {
      raw.send(getFrame(2 * index + 1, '/m/busy'), resetFrame(2 * index + 1));
    }
    raw.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
    await raw.next(({ type, flags }) => type === FRAME.ping && flags === FLAG.ack);
    raw.send(getFrame(301, '/m/late'));
    // REFUSED_STREAM: it was not begun, and the client may send it again.
    const refused = await raw.next(({ type, stream }) => type === FRAME.reset && stream === 301);
    expect(refused.payload.readUInt32BE()).toBe(7);
    await eventually(() => expect(entered()).toBe(100));
    release();
    await eventually(async () => {
      const id = 303 + 2 * raw.frames.length;
      raw.send(getFrame(id, '/m/again'));
      const { type } = await raw.next(({ stream }) => stream === id);
      expect(type).toBe(FRAME.headers);
    });
  });

  it('end with their connection when a client never stops resetting them', async () => {
    const door = await open({ pipeline: { handle: busyHandler().handle } });
    const raw = await rawTo(door);
    for (let index = 0; index < 5_000; index += 1) {
      raw.send(getFrame(2 * index + 1, '/m/x'), resetFrame(2 * index + 1));
    }
    await raw.closed;
    expect((await ask(await sessionTo(door), 'GET /-/healthz')).status).toBe(200);
  });

  it('may all be slow with their answers: 100 of 1 MiB that nobody takes are not cut', async () => {
    const handle: Handle = async (_request, response) => {
      response.writeHead(200, { 'Content-Length': String(MIB) }).end(Buffer.alloc(MIB));
    };
    const session = await sessionTo(await open({ pipeline: { handle } }));
    const streams = Array.from({ length: 100 }, (_, index) => begin(session, `GET /m/${index}`, USER));
    await Promise.all(
      streams.map(stream => {
        stream.end().pause();
        return once(stream, 'response');
      }),
    );
    const answers = await Promise.all(streams.map(stream => answerOf(stream.resume())));
    expect(new Set(answers.map(({ body, code }) => `${body.length} ${code}`))).toEqual(new Set([`${MIB} 0`]));
  });

  it.each([
    ['in all', { max: 4, maxPerAddress: 99, reserve: 0 }],
    ['of an address', { max: 99, maxPerAddress: 4, reserve: 0 }],
  ])('count as connections %s: with all in use there is 503, and health', async (_whose, connections) => {
    const { handle, release, entered } = busyHandler();
    const door = await open({ pipeline: { handle }, server: { connections } });
    const session = await sessionTo(door);
    const busy = [1, 2, 3, 4].map(() => ask(session, 'GET /m/busy'));
    await eventually(() => expect(entered()).toBe(4));
    const refused = await ask(session, 'GET /m/x');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    expect((await ask(session, 'GET /-/healthz')).status).toBe(200);
    release();
    expect((await Promise.all(busy)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await ask(session, 'GET /m/x')).status).toBe(200);
  });

  it('take the place of connections that are idle', async () => {
    const { handle, release, entered } = busyHandler();
    const door = await open({
      pipeline: { handle },
      server: { connections: { max: 2, maxPerAddress: 2, reserve: 0 } },
    });
    const idle = await sessionTo(door);
    const gone = once(idle, 'close');
    const session = await sessionTo(door);
    const busy = [1, 2].map(() => ask(session, 'GET /m/busy'));
    await eventually(() => expect(entered()).toBe(2));
    await gone;
    release();
    await Promise.all(busy);
  });
});

describe('the headers of HTTP/2', () => {
  it('that are too long are 431, and the connection goes on', async () => {
    const session = await sessionTo(await open());
    const long = await ask(session, 'GET /m/', { 'x-long': 'x'.repeat(17_000) });
    expect([long.status, long.isWhole]).toEqual([431, true]);
    expect((await ask(session, 'PROPFIND /m/', { 'x-long': 'x'.repeat(15_000) })).status).toBe(207);
  });

  it('that are far too long have no answer but a reset', async () => {
    const door = await open();
    const raw = await rawTo(door);
    // The limit holds once the client has acknowledged it.
    await raw.next(({ type }) => type === FRAME.settings);
    const long = Array.from({ length: 4 }, () => ['x-long', 'x'.repeat(15_000)] as const);
    const block = headerBlock([...pseudo('GET', '/m/'), ...long]);
    const parts = Array.from({ length: Math.ceil(block.length / 16_000) }, (_, index) =>
      block.subarray(index * 16_000, (index + 1) * 16_000),
    );
    const [first, ...rest] = parts as [Buffer, ...Buffer[]];
    raw.send(frame(FRAME.headers, FLAG.endStream, 1, first));
    for (const [index, part] of rest.entries()) {
      raw.send(frame(FRAME.continuation, index === rest.length - 1 ? FLAG.endHeaders : 0, 1, part));
    }
    await Promise.race([raw.next(({ type, stream }) => type === FRAME.reset && stream === 1), raw.closed]);
    expect(door.logged.join('')).not.toContain('"msg":"request"');
  });

  it('that never end (CONTINUATION flood) end the connection', async () => {
    const door = await open();
    const raw = await rawTo(door);
    raw.send(frame(FRAME.headers, FLAG.endStream, 1, headerBlock(pseudo('GET', '/m/'))));
    for (let index = 0; index < 1_000; index += 1) {
      raw.send(frame(FRAME.continuation, 0, 1, headerBlock([[`x-${index}`, 'x'.repeat(100)]])));
    }
    await raw.closed;
    expect((await ask(await sessionTo(door), 'GET /-/healthz')).status).toBe(200);
  });
});

describe('a client of HTTP/2 that misuses its connection', () => {
  it.each([
    ['PING', frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', frame(FRAME.settings, 0, 0)],
  ])('and floods it with %s without reading is cut', async (_name, bytes) => {
    const door = await open();
    const raw = await rawTo(door);
    raw.socket.pause();
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => bytes));
    const gone = once(raw.socket, 'error');
    let isOver = false;
    void gone.then(() => {
      isOver = true;
    });
    while (!isOver) {
      raw.socket.write(flood);
      await Promise.race([once(raw.socket, 'drain'), gone]);
    }
    expect((await ask(await sessionTo(door), 'GET /-/healthz')).status).toBe(200);
  });

  it('and breaks the protocol is cut, and the log says so', async () => {
    const door = await open();
    const raw = await rawTo(door);
    raw.send(frame(FRAME.data, 0, 1, Buffer.from('data of no stream')));
    await raw.closed;
    await eventually(() => expect(door.logged.join('')).toContain('a connection broke the rules of HTTP/2'));
  });
});

describe('silence on HTTP/2', () => {
  it('of a client that never sends a request ends the connection', async () => {
    const door = await open({ server: { headersTimeoutMs: 500 } });
    // On a busy machine the handshake may already take longer.
    const session = connect(door.url, { rejectUnauthorized: false }).on('error', () => {});
    sessions.push(session);
    await new Promise<void>(resolve => session.once('close', () => resolve()));
  });

  it('after the last request ends it too, whatever it pings', async () => {
    const door = await open({ server: { keepAliveMs: 300 } });
    const session = await sessionTo(door);
    const goaway = once(session, 'goaway');
    await ask(session, 'GET /-/healthz');
    const timer = setInterval(() => !session.destroyed && session.ping(() => {}), 50);
    await once(session, 'close');
    clearInterval(timer);
    // NO_ERROR.
    expect((await goaway)[0]).toBe(0);
  });

  it('within a body ends the request alone, and nothing is stored', async () => {
    const user = { name: 'user', rights: rightsTo('*', 'write') };
    // Checking a password takes longer than this server's patience.
    const door = await open({ pipeline: { identify: async () => ({ user }) }, server: { idleTimeoutMs: 200 } });
    const session = await sessionTo(door);
    const stream = begin(session, 'PUT /m/f', USER);
    stream.write('half');
    const { status, code } = await answerOf(stream);
    expect([status, code]).toEqual([0, 8]);
    // On a busy machine this request may be taken for a silent one, too.
    await eventually(async () => expect((await ask(session, 'GET /m/f')).status).toBe(404));
  });

  it('is no silence while the server makes it wait', async () => {
    const waits = () => new Promise(resolve => setTimeout(resolve, 3_000));
    const door = await open({
      pipeline: {
        identify: async () => ({ user: { name: 'user', rights: rightsTo('*', 'write') } }),
        handle: async ({ socket }, response) => {
          await runFor({ user: 'user', connection: socket }, () => holdBack(waits()));
          response.writeHead(200).end('after all');
        },
      },
      server: { idleTimeoutMs: 1_000 },
    });
    const { status, body } = await ask(await sessionTo(door), 'GET /m/f', USER);
    expect([status, body]).toEqual([200, 'after all']);
  });

  it('of a client that does not take its answer ends the request alone', async () => {
    const door = await open({
      pipeline: {
        identify: async () => ({ user: { name: 'user', rights: rightsTo('*', 'write') } }),
        handle: async (_request, response) => void response.writeHead(200).end(Buffer.alloc(MIB)),
      },
      server: { idleTimeoutMs: 200 },
    });
    const session = await sessionTo(door);
    const stream = begin(session, 'GET /m/f', USER);
    stream.end().pause();
    await eventually(() => expect(door.logged.join('')).toContain('"aborted":true'));
    await eventually(async () => expect((await ask(session, 'GET /-/healthz')).status).toBe(200));
    stream.destroy();
  });
});

describe('stopping with HTTP/2', () => {
  it('lets requests under way end, takes no new ones, and does not wait for idle clients', async () => {
    const { handle, release, entered } = busyHandler();
    const door = await open({ pipeline: { handle }, server: { clock: patientClock } });
    doors.splice(0);
    const [, raw] = [await sessionTo(door), await rawTo(door)];
    raw.send(getFrame(1, '/m/busy'));
    await eventually(() => expect(entered()).toBe(1));
    const stopped = door.stop();
    const { payload } = await raw.next(({ type }) => type === FRAME.goaway);
    // The last stream that is served, and NO_ERROR.
    expect([payload.readUInt32BE(0), payload.readUInt32BE(4)]).toEqual([1, 0]);
    raw.send(getFrame(3, '/m/busy'), frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
    await raw.next(({ type, flags }) => type === FRAME.ping && flags === FLAG.ack);
    release();
    await raw.next(({ stream, flags }) => stream === 1 && (flags & FLAG.endStream) !== 0);
    await stopped;
    expect([entered(), raw.frames.filter(({ stream }) => stream === 3)]).toEqual([1, []]);
  });

  it('cuts a request that does not end in time', async () => {
    const { handle, entered } = busyHandler();
    const clock = fakeClock();
    const door = await open({ pipeline: { handle }, server: { clock, drainMs: 30_000 } });
    doors.splice(0);
    const running = ask(await sessionTo(door), 'GET /m/busy');
    await eventually(() => expect(entered()).toBe(1));
    await door.stop();
    expect((await running).status).toBe(0);
    expect(clock.slept).toEqual([30_000, 5_000]);
  });
});
