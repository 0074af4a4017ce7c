import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { normalizeItem } from '../../src/graph/normalize.ts';
import { KeptThumbnails } from '../../src/onedrive/kept-thumbnails.ts';
import { openTwin, type Twin, type UserName } from '../support/answer-twin.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { basic } from '../support/raw-http.ts';

const KIB = 1024;
const MINUTE_MS = 60_000;
const MADE = ['driveItem-list-thumbnails', 'thumbnail'];

const picture = (width: number) =>
  sharp({ create: { width, height: 200, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();

describe('thumbnails in the memory of a server', () => {
  let twin: Twin;

  beforeEach(async () => {
    twin = await openTwin(0);
    await twin.ada.put('/photo.jpg', await picture(400));
    await twin.ada.put('/shared/photo.jpg', await picture(400));
    await ask('/m/photo.jpg');
    twin.emulator.resetCalls();
  });
  afterEach(() => twin[Symbol.asyncDispose]());

  async function ask(path: string, user: UserName = 'writer', size = 'medium') {
    const { url, password } = twin.front;
    const answer = await fetch(`${url}${path}?view=thumbnail&size=${size}`, { headers: basic(user, password) });
    const { headers, status } = answer;
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status, type: headers.get('content-type'), length: headers.get('content-length'), bytes };
  }

  const calls = () =>
    twin.emulator.calls.map(({ operation }) => operation).filter(operation => operation.includes('humbnail'));

  it('are the same as from OneDrive, and cost nothing', async () => {
    const fresh = await ask('/m/photo.jpg', 'writer', 'small');
    expect(fresh).toMatchObject({ status: 200, type: 'image/jpeg', length: String(fresh.bytes.length) });
    expect(calls()).toEqual(MADE);
    expect(await ask('/m/photo.jpg', 'reader', 'small')).toEqual(fresh);
    expect(calls()).toEqual(MADE);
  });

  it('are for those who may see the file, by a path that they may go', async () => {
    expect(await ask('/m/photo.jpg', 'reader')).toMatchObject({ status: 200 });
    expect(await ask('/m/photo.jpg', 'narrow')).toMatchObject({ status: 404, type: 'application/json' });
    expect(await ask('/n/photo.jpg', 'writer')).toMatchObject({ status: 200 });
    twin.table.change({ remove: twin.table.all().filter(({ name }) => name === 'm'), add: [] });
    expect(await ask('/m/photo.jpg', 'writer')).toMatchObject({ status: 404, type: 'application/json' });
  });

  it('are not those of a file that has gone, or has changed', async () => {
    await twin.ada.put('/photo.jpg', await picture(300));
    twin.clock.advance(MINUTE_MS);
    const other = await ask('/m/photo.jpg');
    expect([calls(), (await sharp(other.bytes).metadata()).width]).toEqual([MADE, 176]);
    expect((await sharp(other.bytes).metadata()).height).toBe(117);
    twin.ada.remove('/photo.jpg');
    twin.clock.advance(MINUTE_MS);
    expect(await ask('/m/photo.jpg')).toMatchObject({ status: 404 });
  });

  it('are read again after five minutes', async () => {
    twin.clock.advance(4 * MINUTE_MS);
    await ask('/m/photo.jpg');
    expect(calls()).toEqual([]);
    twin.clock.advance(2 * MINUTE_MS);
    await ask('/m/photo.jpg');
    expect(calls()).toEqual(MADE);
  });

  it('are whole: what breaks off is not kept', async () => {
    twin.emulator.setFaults([{ fault: { cut: true, afterBytes: 20 }, operation: 'thumbnail', count: 1 }]);
    expect(await ask('/m/photo.jpg', 'writer', 'large')).toMatchObject({ status: 503, type: 'application/json' });
    expect((await sharp((await ask('/m/photo.jpg', 'writer', 'large')).bytes).metadata()).width).toBe(400);
  });
});

describe('the memory for thumbnails', () => {
  const clock = fakeClock();
  const keyOf = (id: number, driveId = 'drive') => ({
    driveId,
    item: normalizeItem({ id: String(id), name: `${id}.jpg`, cTag: `"c:{${id}},1"`, file: {} }),
    size: 'small',
  });

  const keep = (memory: KeptThumbnails, id: number, bytes: number) =>
    memory.set(keyOf(id), { contentType: 'image/jpeg', bytes: Buffer.alloc(bytes) });

  it('forgets the one that was not used for longest, and holds 16 MiB at most', () => {
    const memory = new KeptThumbnails(clock);
    for (let id = 0; id < 40; id += 1) {
      keep(memory, id, 500 * KIB);
      memory.get(keyOf(0));
    }
    const kept = Array.from({ length: 40 }, (_, id) => memory.get(keyOf(id))).filter(each => each !== undefined);
    expect(kept.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(16 * KIB ** 2);
    expect([kept.length, memory.get(keyOf(0)) !== undefined, memory.get(keyOf(1))]).toEqual([32, true, undefined]);
  });

  it('does not keep a large picture, and does not mix up drives', () => {
    const memory = new KeptThumbnails(clock);
    keep(memory, 1, 513 * KIB);
    expect(memory.get(keyOf(1))).toBeUndefined();
    keep(memory, 1, KIB);
    expect([memory.get(keyOf(1))?.bytes.length, memory.get(keyOf(1, 'another'))]).toEqual([KIB, undefined]);
  });
});
