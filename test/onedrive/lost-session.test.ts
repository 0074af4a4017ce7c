import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import type { HttpCall } from '../../src/graph/transport.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { openOneDrive } from '../support/one-drive.ts';
import { basic, compose } from '../support/raw-http.ts';
import { createWire, type Wire } from '../support/wire.ts';

const MIB = 1024 ** 2;
const TIMES = { 'X-OC-Mtime': '1500000000' };
const GONE = {
  status: 404,
  body: '{"error":{"code":"itemNotFound","message":"The upload session was not found"}}',
};
const isFragment = ({ method, headers }: HttpCall) => method === 'PUT' && headers?.['content-range'] !== undefined;
const isOpening = ({ url }: HttpCall) => url.endsWith('/createUploadSession');

interface Tenant {
  /** Ours and Microsoft's. */
  readonly clock: FakeClock;
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly wire: Wire;
  readonly door: FrontDoorTest;
  readonly dav: Dav;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function openTenant(options: Pick<EmulatorOptions, 'sessionLifeMs'> = {}): Promise<Tenant> {
  const clock = fakeClock(Date.now());
  const emulator = await createEmulator({ ...options, clock });
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const wire = createWire();
  const { drive, close } = await openOneDrive(emulator, { mailbox: mailbox.upn, clock, wire: wire.wrap });
  const door = await startFrontDoor({ mounts: [{ name: 'ada', drive, readOnly: false }] });
  open.push(
    () => emulator.close(),
    close,
    () => door.stop(),
  );
  return { clock, emulator, mailbox, wire, door, dav: davClient(door) };
}

describe('a PUT whose upload session is lost', () => {
  it('is begun anew when all that was sent is at hand', async () => {
    const { emulator, mailbox, wire, dav } = await openTenant();
    const urls = new Set<string>();
    wire.script = call => {
      if (isFragment(call)) {
        urls.add(call.url);
      }
      return isFragment(call) && urls.size === 1 ? GONE : undefined;
    };
    const content = Buffer.alloc(11 * MIB, 'new');
    expect((await dav('PUT', '/ada/file', TIMES, content)).status).toBe(201);
    expect((await mailbox.read('/file')).equals(content)).toBe(true);
    expect(urls.size).toBe(2);
    expect(emulator.openUploadSessions()).toBe(0);
  });

  it.each([
    ['at the first fragment, again and again', 1 * MIB, () => true],
    ['at a later fragment', 25 * MIB, ({ headers }: HttpCall) => !headers?.['content-range']?.startsWith('bytes 0-')],
    ['at the last fragment', 12 * MIB, ({ headers }: HttpCall) => /-12582911\//.test(headers?.['content-range'] ?? '')],
  ])('%s, is 503 with Retry-After, never 404', async (_, size, isLost) => {
    const { emulator, mailbox, wire, dav } = await openTenant();
    await mailbox.put('/file', 'old');
    wire.script = call => (isFragment(call) && isLost(call) ? GONE : undefined);
    const answer = await dav('PUT', '/ada/file', TIMES, Buffer.alloc(size));
    expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true]);
    expect((await mailbox.read('/file')).toString()).toBe('old');
    expect(emulator.openUploadSessions()).toBe(0);
    wire.script = undefined;
    expect((await dav('PUT', '/ada/file', TIMES, 'next')).status).toBe(204);
  });

  it.each([
    ['opened', isOpening],
    ['stored in one request', ({ method, url }: HttpCall) => method === 'PUT' && url.includes(':/content?')],
  ])('or whose place is not found while it is %s, is 503', async (_, is) => {
    const { wire, dav } = await openTenant();
    wire.script = call => (is(call) ? GONE : undefined);
    const answer = await dav('PUT', '/ada/file', is === isOpening ? TIMES : {}, 'new');
    expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true]);
  });

  it('because it was committed by a fragment whose answer was lost, is done, and sent once', async () => {
    const { mailbox, wire, dav } = await openTenant();
    let opened = 0;
    let fragments = 0;
    wire.script = call => {
      opened += isOpening(call) ? 1 : 0;
      fragments += isFragment(call) ? 1 : 0;
      return isFragment(call) && fragments === 1 ? { isDone: true, status: 503 } : undefined;
    };
    expect((await dav('PUT', '/ada/file', { ...TIMES, 'If-None-Match': '*' }, 'new')).status).toBe(201);
    expect((await mailbox.read('/file')).toString()).toBe('new');
    expect(opened).toBe(1);
  });
});

describe('an upload session whose URL nobody has: its answer was lost, or the process ended before it was written down', () => {
  const LIFE_MS = 15 * 60_000;

  it('keeps its name until it expires: 503 with Retry-After, the old file stays, and then it is stored', async () => {
    const { clock, emulator, mailbox, wire, dav } = await openTenant({ sessionLifeMs: LIFE_MS });
    await mailbox.put('/file', 'old');
    let left = 1;
    wire.script = call => (isOpening(call) && left-- > 0 ? { isDone: true, status: 503 } : undefined);
    const put = () => dav('PUT', '/ada/file', TIMES, 'new');
    for (const answer of [await put(), await put()]) {
      expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true]);
    }
    expect((await mailbox.read('/file')).toString()).toBe('old');
    expect(emulator.openUploadSessions()).toBe(1);
    expect((await dav('PUT', '/ada/other', TIMES, 'new')).status).toBe(201);
    clock.advance(LIFE_MS);
    expect((await put()).status).toBe(204);
    expect((await mailbox.read('/file')).toString()).toBe('new');
  });
});

describe('a PUT whose client leaves while its body stalls', () => {
  /** A PUT that has opened its session and sends nothing more. */
  async function stall({ door, emulator }: Tenant, before = '') {
    const { hostname, port } = new URL(door.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let text = '';
    socket
      .on('error', () => {})
      .on('data', chunk => {
        text += chunk;
      });
    const headers = { ...basic(door.user, door.password), 'Content-Length': String(25 * MIB) };
    socket.write(before + compose('PUT /ada/file', headers));
    socket.write(Buffer.alloc(MIB));
    await eventually(() => expect(emulator.openUploadSessions()).toBe(1));
    return { socket, text: () => text };
  }

  it.each(['FIN', 'reset', 'close'])('by %s has its session deleted at once', async way => {
    const tenant = await openTenant();
    const { socket } = await stall(tenant);
    if (way === 'FIN') {
      socket.end();
    } else if (way === 'reset') {
      socket.resetAndDestroy();
    } else {
      socket.destroy();
    }
    // It waits less than the idle timeout of the connection, which is 60 s, and much more than it takes.
    await eventually(() => expect(tenant.emulator.openUploadSessions()).toBe(0));
    expect(tenant.emulator.calls.map(({ operation }) => operation)).toContain('upload-session-cancel');
    expect(tenant.mailbox.tree()).toEqual({});
    socket.destroy();
  });

  it('by FIN gets the answers to what it had sent whole before', async () => {
    const tenant = await openTenant();
    const { door } = tenant;
    const before = compose('PROPFIND /ada/', { ...basic(door.user, door.password), Depth: '0' });
    const { socket, text } = await stall(tenant, before);
    socket.end();
    await eventually(() => expect(tenant.emulator.openUploadSessions()).toBe(0));
    await eventually(() => expect(text()).toMatch(/^HTTP\/1\.1 207 .*HTTP\/1\.1 400 /s));
    socket.destroy();
  });
});
