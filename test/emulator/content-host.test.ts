import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const ORIGIN = 'https://app.example.com';
const HOUR = 3_600_000;

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;
const clock = fakeClock();

async function start(options: EmulatorOptions = {}): Promise<void> {
  emulator = await createEmulator({ clock, ...options });
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  await mailbox.put('/file.txt', '0123456789');
}

async function stop(): Promise<void> {
  await client.close();
  await emulator.close();
}

beforeEach(() => start());
afterEach(stop);

const drive = (rest: string) => `/drives/${mailbox.driveId}${rest}`;
const downloadUrl = async (): Promise<string> =>
  (await client.graph(drive('/root:/file.txt'))).json['@microsoft.graph.downloadUrl'];
const uploadUrl = async (): Promise<string> => {
  const body = { item: { '@microsoft.graph.conflictBehavior': 'replace' } };
  return (await client.graph(drive('/root:/up.bin:/createUploadSession'), { method: 'POST', body })).json.uploadUrl;
};

/** What a browser asks before a script's request to another origin. */
const preflight = (url: string, method: string, headers = 'authorization,content-type') =>
  client.plain(url, {
    method: 'OPTIONS',
    headers: { origin: ORIGIN, 'access-control-request-method': method, 'access-control-request-headers': headers },
  });

describe('HEAD of a download URL', () => {
  it('has the headers of GET and no body', async () => {
    const url = await downloadUrl();
    const [get, head] = [await client.plain(url), await client.plain(url, { method: 'HEAD' })];
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', '10']);
    // What belongs to the connection and to the moment aside.
    const ofItsOwn = { 'request-id': '', date: '', connection: '', 'keep-alive': '' };
    expect({ ...head.headers, ...ofItsOwn }).toEqual({ ...get.headers, ...ofItsOwn });
    const part = await client.plain(url, { method: 'HEAD', headers: { range: 'bytes=2-4' } });
    expect([part.status, part.headers['content-range'], part.headers['content-length']]).toEqual([
      206,
      'bytes 2-4/10',
      '3',
    ]);
  });

  it('is refused as GET is', async () => {
    const url = await downloadUrl();
    expect((await client.plain(url, { method: 'HEAD', headers: { authorization: 'Bearer x' } })).status).toBe(401);
    expect((await client.plain(`${url}&x=1`, { method: 'HEAD' })).status).toBe(401);
  });
});

describe('a browser', () => {
  it('may ask Graph, download and upload URLs from everywhere, without credentials', async () => {
    const urls = [`https://graph.microsoft.com/v1.0${drive('/root')}`, await downloadUrl(), await uploadUrl()];
    for (const url of urls) {
      const { status, headers, text } = await preflight(url, 'PUT', 'content-range,content-type');
      expect([status, text, headers['access-control-allow-origin']]).toEqual([200, '', '*']);
      expect(headers['access-control-allow-headers']).toBe('content-range,content-type');
      expect(String(headers['access-control-allow-methods']).split(', ')).toEqual(
        expect.arrayContaining(['GET', 'PUT', 'DELETE']),
      );
    }
    expect(emulator.violations).toEqual([]);
  });

  it('uploads, and reads what it has uploaded', async () => {
    const url = await uploadUrl();
    const put = await client.plain(url, {
      method: 'PUT',
      headers: { origin: ORIGIN, 'content-range': 'bytes 0-2/3' },
      body: 'abc',
    });
    expect([put.status, put.headers['access-control-allow-origin']]).toEqual([201, '*']);
    const get = await client.plain(put.json['@microsoft.graph.downloadUrl'] ?? (await downloadUrl()), {
      headers: { origin: ORIGIN, range: 'bytes=0-0' },
    });
    expect([get.status, get.headers['access-control-allow-origin']]).toEqual([206, '*']);
    expect(String(get.headers['access-control-expose-headers'])).toContain('Content-Range');
  });

  it('can read a refusal, too', async () => {
    const { status, headers } = await client.plain(`https://graph.microsoft.com/v1.0${drive('/root')}`, {
      headers: { origin: ORIGIN },
    });
    expect([status, headers['access-control-allow-origin']]).toEqual([401, '*']);
  });

  it('is none without an Origin, and not at the login host', async () => {
    expect((await client.graph(drive('/root'))).headers['access-control-allow-origin']).toBeUndefined();
    expect((await client.graph(drive('/root'), { method: 'OPTIONS' })).status).toBe(501);
    const login = await preflight(`https://${emulator.hosts.login}/common/oauth2/v2.0/authorize`, 'GET');
    expect(login.headers['access-control-allow-origin']).toBeUndefined();
    expect(login.headers['access-control-allow-methods']).toBeUndefined();
  });
});

describe('another content host', () => {
  it.each([
    ['svc.ms', /^northeurope1-mediap\.svc\.ms$/],
    ['microsoftpersonalcontent', /^my\.microsoftpersonalcontent\.com$/],
  ] as const)('is %s, with the same rules', async (contentHost, host) => {
    await stop();
    await start({ contentHost });
    const url = await downloadUrl();
    expect(new URL(url).host).toMatch(host);
    expect((await client.plain(url)).text).toBe('0123456789');
    const { location } = (await client.graph(drive('/root:/file.txt:/content'))).headers;
    expect(new URL(String(location)).host).toMatch(host);
    const home = url.replace(new URL(url).host, emulator.hosts.personal);
    expect((await client.plain(home)).status).toBe(401);
    expect((await client.plain(url, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
    expect(new URL(await uploadUrl()).host).toBe(emulator.hosts.personal);
    clock.advance(HOUR);
    expect((await client.plain(url)).status).toBe(401);
  });

  it('does not give what another host gives', async () => {
    const url = await downloadUrl();
    const elsewhere = url.replace(new URL(url).host, 'my.microsoftpersonalcontent.com');
    expect((await client.plain(elsewhere)).status).toBe(401);
  });
});
