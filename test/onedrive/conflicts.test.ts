import { afterEach, describe, expect, it } from 'vitest';
import { createEmulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import type { HttpCall } from '../../src/graph/transport.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { openOneDrive } from '../support/one-drive.ts';
import { createWire, type Wire } from '../support/wire.ts';

interface Tenant {
  readonly mailbox: MailboxHandle;
  readonly wire: Wire;
  readonly clock: FakeClock;
  readonly dav: Dav;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function openTenant(): Promise<Tenant> {
  const emulator = await createEmulator();
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const wire = createWire();
  const clock = fakeClock(Date.now());
  const { drive, close } = await openOneDrive(emulator, { mailbox: mailbox.upn, clock, wire: wire.wrap, ttlMs: 5_000 });
  const door = await startFrontDoor({ mounts: [{ name: 'ada', drive, readOnly: false }] });
  open.push(
    () => emulator.close(),
    close,
    () => door.stop(),
  );
  return { mailbox, wire, clock, dav: davClient(door) };
}

const refusal = (status: number, code: string, message = 'no') => ({
  status,
  body: JSON.stringify({ error: { code, message } }),
});
const isWrite = ({ method, url }: HttpCall) => method !== 'GET' && url.includes('graph.microsoft.com');

const REQUESTS = [
  ['PUT', '/ada/file', {}, 'new'],
  ['PUT', '/ada/file', { 'X-OC-Mtime': '1500000000' }, 'new'],
  ['DELETE', '/ada/file', {}, undefined],
  ['MOVE', '/ada/file', { Destination: '/ada/moved' }, undefined],
  ['COPY', '/ada/file', { Destination: '/ada/copied' }, undefined],
  ['MKCOL', '/ada/folder/', {}, undefined],
] as const;

describe.each(REQUESTS)('D11: %s %s %o', (method, path, headers, body) => {
  it.each([
    ['a conflict', refusal(409, 'conflict'), 503],
    ['another upload session', refusal(409, 'resourceModified', 'The resource has changed'), 503],
    ['a check-out', refusal(409, 'resourceCheckedOut'), 423],
    [
      'a check-out in words',
      refusal(409, 'notAllowed', 'The file is currently checked out or locked for editing'),
      423,
    ],
    ['a tag that nobody has named', refusal(412, 'resourceModified', "ETag does not match current item's value"), 503],
    ['a lock', refusal(423, 'resourceLocked'), 423],
  ])('waits for %s some seconds, and then says so', async (_, instead, status) => {
    const { mailbox, wire, clock, dav } = await openTenant();
    await mailbox.put('/file', 'old');
    wire.script = call => (isWrite(call) ? instead : undefined);
    const answer = await dav(method, path, headers as Record<string, string>, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.has('retry-after')).toBe(status === 503);
    expect((await mailbox.read('/file')).toString()).toBe('old');
    const seconds = clock.slept.reduce((sum, each) => sum + each, 0) / 1000;
    expect(seconds).toBeLessThanOrEqual(15);
    expect(seconds > 1).toBe(instead.status !== 423);
  });

  it('goes on when it is over by then', async () => {
    const { mailbox, wire, dav } = await openTenant();
    await mailbox.put('/file', 'old');
    let left = 2;
    wire.script = call => (isWrite(call) && left-- > 0 ? refusal(409, 'conflict') : undefined);
    expect((await dav(method, path, headers as Record<string, string>, body)).status).toBeLessThan(300);
  });
});

describe('D11: a name that is taken', () => {
  const TAKEN = refusal(409, 'nameAlreadyExists');

  it('is 412 for who wanted a free one, 405 for MKCOL, and no failed condition for who replaces', async () => {
    const { wire, dav } = await openTenant();
    wire.script = call => (isWrite(call) ? TAKEN : undefined);
    expect((await dav('PUT', '/ada/new', { 'If-None-Match': '*' }, 'x')).status).toBe(412);
    expect((await dav('MKCOL', '/ada/new')).status).toBe(405);
    const put = await dav('PUT', '/ada/new', {}, 'x');
    expect([put.status, put.headers.has('retry-after')]).toEqual([503, true]);
  });

  it('is no failed condition where no name was asked for: DELETE and times', async () => {
    const { mailbox, wire, dav } = await openTenant();
    await mailbox.put('/file', 'x');
    wire.script = call => (isWrite(call) ? TAKEN : undefined);
    const removed = await dav('DELETE', '/ada/file');
    expect([removed.status, removed.headers.has('retry-after')]).toEqual([503, true]);
    const body = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:lastmodified>1</D:lastmodified></D:prop></D:set></D:propertyupdate>`;
    expect((await dav('PROPPATCH', '/ada/file', {}, body)).status).toBe(503);
  });

  it('is 412 for Overwrite: F only', async () => {
    const { mailbox, wire, dav } = await openTenant();
    await mailbox.put('/file', 'x');
    wire.script = call => (call.method === 'PATCH' ? TAKEN : undefined);
    const move = (overwrite: string) => dav('MOVE', '/ada/file', { Destination: '/ada/new', Overwrite: overwrite });
    expect([(await move('F')).status, (await move('T')).status]).toEqual([412, 503]);
  });
});

describe('D12: throttling', () => {
  it.each([
    [509, 503],
    [429, 503],
    [408, 504],
  ])('%i is waited for, and %i when it lasts', async (status, expected) => {
    const { mailbox, wire, clock, dav } = await openTenant();
    await mailbox.put('/file', 'x');
    const retryAfter = { 'retry-after': '7' };
    let left = 1;
    wire.script = ({ url }) => (url.includes('/v1.0/') && left-- > 0 ? { status, headers: retryAfter } : undefined);
    expect((await dav('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    clock.advance(60_000);
    wire.script = ({ url }) => (url.includes('/v1.0/') ? { status, headers: retryAfter } : undefined);
    expect((await dav('PROPFIND', '/ada/other', { Depth: '1' })).status).toBe(expected);
  });

  it.each(['0', '-5', 'Wed, 31 Dec 1999 00:00:00 GMT'])(
    'a Retry-After of %s is no leave to ask at once, neither for us nor for the client',
    async retryAfter => {
      const { mailbox, wire, clock, dav } = await openTenant();
      await mailbox.put('/file', 'x');
      await dav('PROPFIND', '/ada/', { Depth: '0' });
      wire.script = () => ({ status: 429, headers: { 'retry-after': retryAfter } });
      const before = clock.slept.length;
      const { status, headers } = await dav('PROPFIND', '/ada/file', { Depth: '0' });
      expect([status, Number(headers.get('retry-after')) >= 1]).toEqual([503, true]);
      expect(clock.slept.slice(before).filter(pause => pause >= 200)).toHaveLength(3);
    },
  );

  it('a Retry-After of a day is over for everybody after two minutes', async () => {
    const { mailbox, wire, clock, dav } = await openTenant();
    await mailbox.put('/file', 'x');
    await dav('PROPFIND', '/ada/', { Depth: '0' });
    wire.script = () => ({ status: 429, headers: { 'retry-after': '86400' } });
    const refused = await dav('PROPFIND', '/ada/file', { Depth: '0' });
    expect([refused.status, Number(refused.headers.get('retry-after')) <= 120]).toEqual([503, true]);
    wire.script = undefined;
    expect((await dav('PROPFIND', '/ada/file', { Depth: '0' })).status).toBe(503);
    clock.advance(120_001);
    expect((await dav('PROPFIND', '/ada/file', { Depth: '0' })).status).toBe(207);
  });

  it('silence of the content host leaves listings alone', async () => {
    const { mailbox, wire, dav } = await openTenant();
    await mailbox.put('/file', 'x');
    wire.script = ({ url }) =>
      url.includes('/download.aspx') ? { status: 429, headers: { 'retry-after': '600' } } : undefined;
    expect((await dav('GET', '/ada/file')).status).toBe(503);
    expect((await dav('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    expect((await dav('MKCOL', '/ada/folder')).status).toBe(201);
  });
});
