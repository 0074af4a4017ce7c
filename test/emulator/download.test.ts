import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { compose, rawRequest } from '../support/raw-http.ts';

const MINUTE = 60_000;
const PART = { range: 'bytes=2-4' };

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;
let clock: FakeClock;

async function start(options: EmulatorOptions = {}): Promise<void> {
  clock = fakeClock();
  emulator = await createEmulator({ clock, ...options });
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  await mailbox.put('/file', '0123456789');
}

async function stop(): Promise<void> {
  await client.close();
  await emulator.close();
}

beforeEach(() => start());
afterEach(stop);

async function itemOf(): Promise<Record<string, string>> {
  return (await client.graph(`/drives/${mailbox.driveId}/root:/file`)).json;
}

async function download(headers: Record<string, string> = {}) {
  return client.plain((await itemOf())['@microsoft.graph.downloadUrl']!, { headers });
}

/** What a range with this If-Range is answered with. */
async function partIf(ifRange: string): Promise<unknown[]> {
  const { status, text } = await download({ ...PART, 'if-range': ifRange });
  return [status, text];
}

const PARTLY = [206, '234'];
const WHOLLY = [200, '0123456789'];

describe('If-Range (RFC 9110 §13.1.5)', () => {
  it('gives the range when it holds the tag of the download, which is the eTag of the item', async () => {
    const tag = String((await download()).headers.etag);
    expect(tag).toBe((await itemOf()).eTag);
    expect(await partIf(tag)).toEqual(PARTLY);
  });

  it('gives the whole file to another tag, to a weak one and to the cTag', async () => {
    const { eTag, cTag } = await itemOf();
    for (const tag of ['"other"', `W/${eTag}`, cTag!, eTag!.replaceAll('"', '')]) {
      expect([tag, ...(await partIf(tag))]).toEqual([tag, ...WHOLLY]);
    }
  });

  it.each([
    ['none', undefined, WHOLLY],
    ['weak', expect.stringMatching(/^W\/"\{[0-9a-f-]+\},2"$/), WHOLLY],
    ['unquoted', expect.stringMatching(/^\{[0-9A-F-]+\},2$/), WHOLLY],
    ['other', expect.stringMatching(/^"[0-9a-f-]+:1"$/), PARTLY],
  ] as const)(
    'takes the tag that a download has when the host has one that is %s',
    async (contentHostTag, tag, part) => {
      await stop();
      await start({ contentHostTag });
      const { etag } = (await download()).headers;
      expect(etag).toEqual(tag);
      expect(await partIf((await itemOf()).eTag!)).toEqual(WHOLLY);
      expect(await partIf(String(etag ?? '"any"'))).toEqual(part);
    },
  );

  it('gives the whole new file to the tag of the old one', async () => {
    const { eTag } = await itemOf();
    await mailbox.put('/file', 'abcdefghij');
    expect(await partIf(eTag!)).toEqual([200, 'abcdefghij']);
  });

  it('takes the very date of the last change once it can stand for one version only', async () => {
    const modified = String((await download()).headers['last-modified']);
    expect(await partIf(modified)).toEqual(WHOLLY);
    clock.advance(MINUTE);
    expect(await partIf(modified)).toEqual(PARTLY);
    expect(await partIf(new Date(clock.now()).toUTCString())).toEqual(WHOLLY);
    expect(await partIf('nonsense')).toEqual(WHOLLY);
  });

  it('means nothing without a range, and does not save a range that lies outside', async () => {
    const { eTag } = await itemOf();
    expect((await download({ 'if-range': '"other"' })).text).toBe('0123456789');
    expect((await download({ range: 'bytes=20-', 'if-range': eTag! })).status).toBe(416);
    expect((await download({ range: 'bytes=20-', 'if-range': '"other"' })).status).toBe(200);
  });
});

describe('Range (RFC 9110 §14.1.2)', () => {
  it.each<[string, number, string, string | undefined]>([
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=9-9', 206, '9', 'bytes 9-9/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=7-99', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-4', 416, '', 'bytes */10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=-', 200, '0123456789', undefined],
    ['bytes=1-2,4-5', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ])('%s is %i', async (range, status, bytes, contentRange) => {
    const answer = await download({ range });
    expect([answer.status, answer.headers['content-range']]).toEqual([status, contentRange]);
    expect(status === 416 ? '' : answer.text).toBe(bytes);
  });
});

describe('a host that ignores', () => {
  it.each([
    ['range', WHOLLY, WHOLLY],
    ['if-range', PARTLY, PARTLY],
  ] as const)('%s can be had', async (contentHostIgnores, withRange, withOtherTag) => {
    await stop();
    await start({ contentHostIgnores });
    const { status, text } = await download(PART);
    expect([[status, text], await partIf('"other"')]).toEqual([withRange, withOtherTag]);
  });
});

describe('a scripted cut', () => {
  it('comes after the very byte, and the call shows what was asked for', async () => {
    await stop();
    await start({ downloadBase: 'loopback' });
    await mailbox.put('/file', Buffer.alloc(1_000_000));
    const url = new URL((await itemOf())['@microsoft.graph.downloadUrl']!);
    emulator.setFault(operation => (operation === 'download' ? { cut: true, afterBytes: 300_001 } : undefined));
    const request = compose(`GET ${url.pathname}${url.search}`, { Host: url.host, Range: 'bytes=10-' });
    const { status, body } = await rawRequest(url.href, request, () => false);
    expect([status, body.length, emulator.calls.at(-1)?.range]).toEqual([206, 300_001, 'bytes=10-']);
  });
});
