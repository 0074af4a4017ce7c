import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { describe, expect, it } from 'vitest';
import type { Drive } from '../../src/drive/drive.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import type { Handle } from '../../src/http/pipeline.ts';
import { eventually } from '../support/eventually.ts';
import { withFaults } from '../support/faulty-drive.ts';
import type { FrontDoorOptions, FrontDoorTest } from '../support/front-door.ts';
import {
  answerOf,
  ask,
  begin,
  DOOR,
  FLAG,
  FRAME,
  frame,
  headerBlock,
  pseudo,
  type RawHttp2,
  tlsDoors,
} from '../support/http2.ts';
import { basic } from '../support/raw-http.ts';

const MIB = 1024 ** 2;
const USER = basic(DOOR.user, DOOR.password) as { Authorization: string };

const { sessions, openDoor, sessionTo, rawTo } = tlsDoors();

async function open(options?: FrontDoorOptions): Promise<{ door: FrontDoorTest; session: ClientHttp2Session }> {
  const door = await openDoor(options);
  return { door, session: await sessionTo(door) };
}

/** The head of a request with the user's password, without the end of its stream. */
function headOf(method: string, path: string, fields: readonly (readonly [string, string])[] = []): Buffer {
  const block = headerBlock([...pseudo(method, path), ['authorization', USER.Authorization], ...fields]);
  return frame(FRAME.headers, FLAG.endHeaders, 1, block);
}

const data = (text: string, flags = 0) => frame(FRAME.data, flags, 1, Buffer.from(text));
const reset = (code: number) => frame(FRAME.reset, 0, 1, Buffer.from([0, 0, 0, code]));
const endOf = (door: FrontDoorTest) => eventually(() => expect(door.logged.join('')).toContain('"msg":"request"'));

/** A drive whose `write` reports each chunk and waits in the middle until it is let go. */
function slowDrive(): { drive: Drive; entered: Promise<void>; read: Promise<void>; release: () => void } {
  const inner = createMemoryDrive();
  const entered = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const drive = withFaults(inner, {
    write: async (path, body, options) => {
      entered.resolve();
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) {
        chunks.push(chunk);
      }
      read.resolve();
      await released.promise;
      return await inner.write(path, chunks as unknown as AsyncIterable<Uint8Array>, options);
    },
  });
  return { drive, entered: entered.promise, read: read.promise, release: released.resolve };
}

describe('the body of a request of HTTP/2', () => {
  it('needs no length: what was not announced is read, and refused where none belongs', async () => {
    const { session } = await open();
    expect((await ask(session, 'PUT /m/f', { body: 'text' })).status).toBe(201);
    const names = '<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>';
    const { status, body } = await ask(session, 'PROPFIND /m/f', { body: names, depth: '0' });
    expect([status, body]).toEqual([207, expect.not.stringContaining('getlastmodified')]);
    expect((await ask(session, 'DELETE /m/f', { body: 'no' })).status).toBe(415);
    expect((await ask(session, 'DELETE /m/f')).status).toBe(204);
  });

  it.each([
    ['CANCEL', 8],
    ['NO_ERROR', 0],
    ['INTERNAL_ERROR', 2],
  ])('that is broken off with %s is not stored', async (_name, code) => {
    const { door } = await open();
    const raw = await rawTo(door);
    raw.send(headOf('PUT', '/m/f'), data('half'), reset(code));
    await endOf(door);
    await expect(door.drive.stat(toDrivePath(['f']), { signal: AbortSignal.timeout(9_000) })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(JSON.parse(door.logged.at(-1)!)).toMatchObject({ method: 'PUT', aborted: true });
  });

  it('that is broken off before anybody has read it is not stored', async () => {
    const entered = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const bodies: string[] = [];
    const handle: Handle = async (request, response) => {
      entered.resolve();
      await gone.promise;
      try {
        bodies.push(Buffer.concat(await request.toArray()).toString());
      } catch (error) {
        bodies.push((error as NodeJS.ErrnoException).code!);
      }
      response.destroy();
    };
    const { door } = await open({ pipeline: { handle } });
    const raw = await rawTo(door);
    raw.send(headOf('PUT', '/m/f'), data('half'));
    await entered.promise;
    raw.send(reset(8));
    await endOf(door);
    gone.resolve();
    await eventually(() => expect(bodies).toEqual(['ECONNRESET']));
  });

  it('that is broken off with the connection is not stored', async () => {
    const { drive, entered } = slowDrive();
    const { door } = await open({ drive });
    const raw = await rawTo(door);
    raw.send(headOf('PUT', '/m/f'), data('half'));
    await entered;
    raw.socket.destroy();
    await endOf(door);
    expect(JSON.parse(door.logged.at(-1)!)).toMatchObject({ method: 'PUT', aborted: true });
    await expect(drive.stat(toDrivePath(['f']), { signal: AbortSignal.timeout(9_000) })).rejects.toThrow();
  });

  it.each([
    ['shorter', 'tex'],
    ['longer', 'texts'],
  ])('that is %s than its Content-Length is not stored', async (_name, text) => {
    const { door } = await open();
    const raw = await rawTo(door);
    raw.send(headOf('PUT', '/m/f', [['content-length', '4']]), data(text, FLAG.endStream));
    await endOf(door);
    expect(door.logged.join('')).toMatch(/"method":"PUT".*"aborted":true/);
    const { status } = await ask(sessions[0]!, 'GET /m/f');
    expect(status).toBe(404);
  });

  it.each([
    ['resets the stream', (raw: RawHttp2) => raw.send(reset(8))],
    ['is gone', (raw: RawHttp2) => raw.socket.destroy()],
  ])('that has come whole is stored even when its client %s', async (_name, leave) => {
    const { drive, read, release } = slowDrive();
    const { door } = await open({ drive });
    const raw = await rawTo(door);
    raw.send(headOf('PUT', '/m/f'), data('text', FLAG.endStream));
    await read;
    leave(raw);
    await endOf(door);
    release();
    await eventually(async () => expect((await ask(sessions[0]!, 'GET /m/f')).body).toBe('text'));
  });

  const noBody = (flags: number) =>
    frame(FRAME.headers, flags, 1, headOf('MKCOL', '/m/d', [['content-length', '0']]).subarray(9));
  const inOneFrame = noBody(FLAG.endHeaders | FLAG.endStream);
  const inTwoFrames = Buffer.concat([noBody(FLAG.endHeaders), data('', FLAG.endStream)]);

  it.each([
    ['resets the stream', inOneFrame, (raw: RawHttp2) => raw.send(reset(8))],
    ['is gone', inOneFrame, (raw: RawHttp2) => raw.socket.destroy()],
    ['resets the stream after an empty body', inTwoFrames, (raw: RawHttp2) => raw.send(reset(8))],
    ['is gone after an empty body', inTwoFrames, (raw: RawHttp2) => raw.socket.destroy()],
  ])('a change without a body is done even when its client %s', async (_name, request, leave) => {
    const inner = createMemoryDrive();
    const entered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const drive = withFaults(inner, {
      makeFolder: async (path, options) => {
        entered.resolve();
        await released.promise;
        options.signal.throwIfAborted();
        return await inner.makeFolder(path, options);
      },
    });
    const { door } = await open({ drive });
    const raw = await rawTo(door);
    raw.send(request);
    await entered.promise;
    leave(raw);
    await endOf(door);
    released.resolve();
    await eventually(async () => expect((await ask(sessions[0]!, 'PROPFIND /m/d')).status).toBe(207));
  });

  it('that nobody reads is told to stop, after the whole answer, and the connection goes on', async () => {
    const { door } = await open();
    const raw = await rawTo(door);
    raw.send(frame(FRAME.headers, FLAG.endHeaders, 1, headerBlock(pseudo('PUT', '/m/f'))), data('x'.repeat(16_000)));
    // NO_ERROR (RFC 9113 §8.1).
    const { payload } = await raw.next(({ type, stream }) => type === FRAME.reset && stream === 1);
    expect(payload.readUInt32BE()).toBe(0);
    const kinds = raw.frames.filter(({ stream }) => stream === 1).map(({ type, flags }) => [type, flags & 1]);
    expect(kinds.at(-2)).toEqual([FRAME.data, FLAG.endStream]);
    expect(kinds[0]).toEqual([FRAME.headers, 0]);
    raw.send(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 3, headerBlock(pseudo('GET', '/-/healthz'))));
    await raw.next(({ type, stream }) => type === FRAME.headers && stream === 3);
  });

  it('that has come whole before the answer is not reset', async () => {
    const { door } = await open();
    const raw = await rawTo(door);
    const head = headerBlock(pseudo('PUT', '/m/f'));
    raw.send(frame(FRAME.headers, FLAG.endHeaders, 1, head), data('text', FLAG.endStream));
    await raw.next(({ stream, flags }) => stream === 1 && (flags & FLAG.endStream) !== 0);
    await endOf(door);
    raw.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
    await raw.next(({ type, flags }) => type === FRAME.ping && flags === FLAG.ack);
    expect(raw.frames.filter(({ type }) => type === FRAME.reset)).toEqual([]);
  });

  it('a body that is too long is 413, and the connection goes on', async () => {
    const { session } = await open();
    const body = Buffer.alloc(2 * MIB, ' ');
    expect((await ask(session, 'PROPFIND /m/', { body })).status).toBe(413);
    const announced = { 'content-length': String(2 * MIB), body };
    expect((await ask(session, 'PROPFIND /m/', announced)).status).toBe(413);
    expect((await ask(session, 'PROPFIND /m/', { depth: '0' })).status).toBe(207);
  });

  it('waits at the client until somebody reads it', async () => {
    const released = Promise.withResolvers<void>();
    let size = 0;
    const handle: Handle = async (request, response) => {
      await released.promise;
      for await (const chunk of request) {
        size += chunk.length;
      }
      response.writeHead(201, { 'Content-Length': '0' }).end();
    };
    const { session } = await open({ pipeline: { handle } });
    const stream = begin(session, 'PUT /m/f', USER);
    stream.end(Buffer.alloc(16 * MIB));
    // The second window opens once the user is known.
    await eventually(() => expect(session.state.remoteWindowSize).toBeGreaterThan(MIB));
    await eventually(() => expect(stream.state.localWindowSize).toBeLessThan(MIB));
    const sent = session.socket.bytesWritten;
    await ask(session, 'GET /-/healthz');
    expect([size, sent < 2 * MIB]).toEqual([0, true]);
    released.resolve();
    expect((await answerOf(stream)).status).toBe(201);
    expect(size).toBe(16 * MIB);
  });
});

describe('the body of an answer of HTTP/2', () => {
  /** A drive with one file of this size, whose bytes are made when they are asked for. */
  function bigFile(size: number, before?: (start: number) => void): { drive: Drive; taken: () => number } {
    const inner = createMemoryDrive();
    let taken = 0;
    const drive = withFaults(inner, {
      read: async (path, options) => {
        const { entry } = await inner.read(path, options);
        async function* body(): AsyncGenerator<Uint8Array> {
          for (let start = 0; start < size; start += MIB) {
            before?.(start);
            taken += MIB;
            yield Buffer.alloc(MIB, 'x');
          }
        }
        return { entry, length: size, body: body() };
      },
    });
    return { drive, taken: () => taken };
  }

  it('is read no faster than the client takes it, and arrives whole', async () => {
    const { drive, taken } = bigFile(64 * MIB);
    const { session } = await open({ drive });
    await ask(session, 'PUT /m/f', { body: 'x' });
    const stream = begin(session, 'GET /m/f', USER);
    stream.end().pause();
    await once(stream, 'response');
    await eventually(() => expect(taken()).toBeGreaterThan(0));
    await ask(session, 'GET /-/healthz');
    expect(taken()).toBeLessThanOrEqual(4 * MIB);
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
    }
    expect(size).toBe(64 * MIB);
  });

  it('that breaks off in the middle does not look whole', async () => {
    const { drive } = bigFile(8 * MIB, start => {
      if (start === 2 * MIB) {
        throw new Error('broken');
      }
    });
    const { door, session } = await open({ drive });
    await ask(session, 'PUT /m/f', { body: 'x' });
    const raw = await rawTo(door);
    const block = headOf('GET', '/m/f').subarray(9);
    const wide = Buffer.from([0, 0x3f, 0xff, 0xff]);
    raw.send(frame(FRAME.window, 0, 0, wide), frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, block));
    raw.send(frame(FRAME.window, 0, 1, wide));
    const { payload } = await raw.next(({ type, stream }) => type === FRAME.reset && stream === 1);
    expect(payload.readUInt32BE()).toBe(2);
    expect(raw.frames.some(({ stream, flags }) => stream === 1 && (flags & FLAG.endStream) !== 0)).toBe(false);
    expect((await ask(session, 'PROPFIND /m/', { depth: '0' })).status).toBe(207);
  });

  it('ends the work on it when its client resets the stream', async () => {
    const { drive, taken } = bigFile(64 * MIB);
    const { door, session } = await open({ drive });
    await ask(session, 'PUT /m/f', { body: 'x' });
    const stream = begin(session, 'GET /m/f', USER);
    stream.end();
    await once(stream, 'data');
    stream.close(8);
    await eventually(() => expect(door.logged.join('')).toContain('"aborted":true'));
    expect(taken()).toBeLessThan(64 * MIB);
    expect(door.logged.join('')).not.toContain('"level":"error"');
  });
});
