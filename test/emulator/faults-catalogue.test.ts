import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { FAULTS } from '../../src/emulator/fault-catalogue.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const CONTENT = 'the true bytes of a file, and more than sixteen of them';

let emulator: Emulator;
let ada: MailboxHandle;
let client: MicrosoftClient;
let bearer: string;
let next = 0;

beforeAll(async () => {
  emulator = await createEmulator({
    clock: fakeClock(Date.parse('2026-11-25T10:00:00Z')),
    strict: { retryAfter: false },
  });
  ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  await ada.put('/a.txt', CONTENT);
  client = await microsoftClient(emulator);
  bearer = (await client.token()).json.access_token;
});
afterAll(async () => {
  await client.close();
  await emulator.close();
});

/** What a client sees that reads until the connection ends, or until nothing can come any more. */
interface Seen {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  /** Whether the server has ended the connection. */
  readonly ended: boolean;
}

/** Sends a request over TLS. `until` says when to leave a connection that stays open. */
async function ask(bytes: string, until: (seen: Seen) => boolean): Promise<Seen> {
  const { port } = new URL(emulator.url);
  const tcp = connect(Number(port), '127.0.0.1');
  const socket = connectTls({ socket: tcp, ca: emulator.caPem, servername: 'graph.microsoft.com' });
  const chunks: Buffer[] = [];
  return new Promise(resolve => {
    const finish = (ended: boolean) => {
      resolve({ ...read(Buffer.concat(chunks)), ended });
      socket.destroy();
    };
    socket.on('data', chunk => {
      chunks.push(chunk);
      if (until({ ...read(Buffer.concat(chunks)), ended: false })) {
        finish(false);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => finish(true));
    socket.write(bytes);
  });
}

function read(bytes: Buffer): Omit<Seen, 'ended'> {
  const end = bytes.indexOf('\r\n\r\n');
  const [line = '', ...fields] = bytes.subarray(0, Math.max(0, end)).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    fields.map(field => [field.split(':', 1)[0]!.toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]),
  );
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(line)?.[1] ?? 0),
    headers,
    body: end === -1 ? Buffer.alloc(0) : bytes.subarray(end + 4),
  };
}

function isWhole({ status, headers, body }: Seen): boolean {
  if (headers['transfer-encoding'] === 'chunked') {
    return body.toString().endsWith('0\r\n\r\n');
  }
  return status !== 0 && (status === 204 || status === 304 || body.length >= Number(headers['content-length'] ?? NaN));
}

/** Puts a new file while the fault is on, and tells whether it is there. */
async function put(fault: string, until = isWhole): Promise<Seen & { done: boolean }> {
  next += 1;
  const path = `/new ${next}.txt`;
  emulator.setFaults([{ fault, operation: 'driveItem-put-content', count: 1 }]);
  const lines = [
    `PUT /v1.0/drives/${ada.driveId}/root:/new%20${next}.txt:/content?@microsoft.graph.conflictBehavior=fail HTTP/1.1`,
    'Host: graph.microsoft.com',
    `Authorization: Bearer ${bearer}`,
    'Content-Length: 10',
  ];
  const seen = await ask(`${lines.join('\r\n')}\r\n\r\n0123456789`, until);
  return { ...seen, done: ada.stat(path) !== undefined };
}

/** Gets a file's bytes while the fault is on. */
async function get(fault: string, until = isWhole): Promise<Seen> {
  const { headers } = await client.graph(`/drives/${ada.driveId}/root:/a.txt:/content`);
  const url = new URL(String(headers.location));
  emulator.setFaults([{ fault, operation: 'download', count: 1 }]);
  return ask(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`, until);
}

it('has at least sixty faults, with facts', () => {
  const names = Object.keys(FAULTS);
  expect(names.length).toBeGreaterThanOrEqual(60);
  for (const name of names) {
    const { description, done, targets, lies, hangs } = FAULTS[name]!;
    expect([name, typeof description, ['no', 'yes'].includes(done), targets.length > 0]).toEqual([
      ...[name, 'string', true, true],
    ]);
    expect([typeof lies, typeof hangs]).toEqual(['boolean', 'boolean']);
  }
});

describe('each named fault does, or does not do, what was asked', () => {
  const uploads = Object.keys(FAULTS).filter(name => FAULTS[name]!.targets.includes('upload'));
  it.for(uploads)('%s', async name => {
    const { done, hangs } = FAULTS[name]!;
    const seen = hangs ? await hung(name) : await put(name);
    expect(seen.done).toBe(done === 'yes');
    const wire = wireOf(name);
    if (wire.status !== undefined) {
      expect(seen.status).toBe(wire.status);
    }
    if (wire.reset === 'before' || wire.resetInRequest !== undefined) {
      expect([seen.status, seen.ended]).toEqual([0, true]);
    }
  });
});

/** A put that is never answered whole: watches the emulator, and leaves. */
async function hung(fault: string): Promise<Seen & { done: boolean }> {
  next += 1;
  const path = `/new ${next}.txt`;
  emulator.setFaults([{ fault, operation: 'driveItem-put-content', count: 1 }]);
  const { port } = new URL(emulator.url);
  const socket = connectTls({
    socket: connect(Number(port), '127.0.0.1'),
    ca: emulator.caPem,
    servername: 'graph.microsoft.com',
  });
  const chunks: Buffer[] = [];
  socket.on('data', chunk => chunks.push(chunk)).on('error', () => {});
  const wire = wireOf(fault);
  const before = emulator.calls.length;
  socket.write(
    `PUT /v1.0/drives/${ada.driveId}/root:/new%20${next}.txt:/content?@microsoft.graph.conflictBehavior=fail HTTP/1.1\r\n` +
      `Host: graph.microsoft.com\r\nAuthorization: Bearer ${bearer}\r\nContent-Length: 10\r\n\r\n0123456789`,
  );
  const wanted = typeof wire.stall === 'object' ? wire.stall.afterBytes : 0;
  await expect
    .poll(() => {
      const seen = read(Buffer.concat(chunks));
      const hasCome = wire.stall === 'before' || (seen.status > 0 && seen.body.length === wanted);
      const isThere = wire.done === 'no' || ada.stat(path) !== undefined;
      return emulator.calls.length > before && hasCome && isThere;
    }, POLL)
    .toBe(true);
  expect(emulator.activeResponses()).toBe(1);
  socket.destroy();
  await expect.poll(() => emulator.activeResponses(), POLL).toBe(0);
  return { ...read(Buffer.concat(chunks)), ended: false, done: ada.stat(path) !== undefined };
}

const POLL = { timeout: 30_000, interval: 5 };

function wireOf(name: string) {
  const fault = FAULTS[name]!();
  if (!('wire' in fault)) {
    throw new Error(`${name} is none on the wire`);
  }
  return fault.wire;
}

describe('a file’s bytes as a client sees them', () => {
  it('gzip, marked and unmarked', async () => {
    const marked = await get('gzip');
    expect([marked.headers['content-encoding'], gunzipSync(marked.body).toString()]).toEqual(['gzip', CONTENT]);
    const unmarked = await get('gzip-unmarked');
    expect([unmarked.headers['content-encoding'], gunzipSync(unmarked.body).toString()]).toEqual([undefined, CONTENT]);
  });

  it('half of them, or none, under a length that matches', async () => {
    const half = await get('truncated-half');
    expect([half.status, half.headers['content-length'], half.body.toString()]).toEqual([
      ...[200, String(Math.floor(CONTENT.length / 2)), CONTENT.slice(0, Math.floor(CONTENT.length / 2))],
    ]);
    const none = await get('truncated-to-nothing');
    expect([none.status, none.headers['content-length'], none.body.length]).toEqual([200, '0', 0]);
  });

  it('others of the same length, with the same ETag', async () => {
    const { body, headers } = await get('corrupt');
    expect([body.length, body.toString() === CONTENT, headers.etag?.startsWith('"{')]).toEqual([
      ...[CONTENT.length, false, true],
    ]);
  });

  it('a length that is too large or too small, and an end of the connection', async () => {
    const large = await get('length-too-large', () => false);
    expect([large.headers['content-length'], large.body.toString(), large.ended]).toEqual([
      ...[String(CONTENT.length + 7), CONTENT, true],
    ]);
    const small = await get('length-too-small', () => false);
    expect([small.headers['content-length'], small.body.toString(), small.ended]).toEqual([
      ...[String(CONTENT.length - 3), CONTENT, true],
    ]);
  });

  it('no length, no ETag, another ETag, range and type', async () => {
    const chunked = await get('no-length');
    expect(chunked.headers['content-length']).toBeUndefined();
    expect((await get('no-etag')).headers.etag).toBeUndefined();
    expect((await get('other-etag')).headers.etag).toBe('"{0},999"');
    expect((await get('other-range')).headers['content-range']).toBe('bytes 1-2/3');
    expect((await get('other-type')).headers['content-type']).toBe('text/html; charset=utf-8');
  });

  it('a reset after the headers, and in the body', async () => {
    const headers = await get('reset-after-headers', () => false);
    expect([headers.status, headers.body.length, headers.ended]).toEqual([200, 0, true]);
    const body = await get('reset-in-body', () => false);
    expect([body.status, body.body.toString(), body.ended]).toEqual([200, CONTENT.slice(0, 5), true]);
  });

  it('all of them, slowly', async () => {
    expect((await get('trickle-bytes')).body.toString()).toBe(CONTENT);
    expect((await get('trickle-pieces')).body.toString()).toBe(CONTENT);
  });
});

it.for([
  ['throttle-429', '1'],
  ['throttle-429-float', '1.128'],
  ['throttle-429-date', 'Wed, 25 Nov 2026 10:00:01 GMT'],
  ['throttle-429-past-date', 'Tue, 24 Nov 2026 10:00:00 GMT'],
  ['throttle-429-absent', undefined],
  ['throttle-429-day', '86400'],
  ['throttle-429-negative', '-5'],
  ['throttle-429-garbage', 'soon'],
  ['throttle-503', '1'],
  ['throttle-503-date', 'Wed, 25 Nov 2026 10:00:01 GMT'],
  ['throttle-503-day', '86400'],
] as const)('%s has the Retry-After %s', async ([name, expected]) => {
  expect((await get(name)).headers['retry-after']).toBe(expected);
});

it('404 comes in four shapes', async () => {
  const codes = [];
  for (const name of ['absent-item-not-found', 'absent-html', 'absent-other-code', 'absent-empty']) {
    const { status, body } = await get(name);
    codes.push([status, /"code":"(\w+)"|<html>/.exec(body.toString())?.slice(0, 2).join(' ') ?? '']);
  }
  expect(codes).toEqual([
    [404, '"code":"itemNotFound" itemNotFound'],
    [404, '<html> '],
    [404, '"code":"UnknownError" UnknownError'],
    [404, ''],
  ]);
});
