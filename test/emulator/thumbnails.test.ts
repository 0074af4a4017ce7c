import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const HOUR = 3_600_000;

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;
let clock: FakeClock;

beforeEach(async () => {
  clock = fakeClock();
  emulator = await createEmulator({ clock });
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 4, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } });
const call = (path: string, options = {}) => client.graph(`/drives/${mailbox.driveId}/${path}`, options);

async function sizeOf(url: string): Promise<unknown[]> {
  const { status, bytes } = await client.plain(url);
  const { format, width, height } = await sharp(bytes).metadata();
  return [status, format, width, height];
}

describe('thumbnails', () => {
  it.each(['png', 'jpeg', 'gif', 'webp', 'tiff'] as const)('of a %s are small pictures', async format => {
    await mailbox.put(`/p.${format}`, await picture(1600, 400).toFormat(format).toBuffer());
    const { status, json } = await call(`root:/p.${format}:/thumbnails`);
    expect([status, json.value.length, json.value[0].id]).toEqual([200, 1, '0']);
    for (const [name, width, height] of [
      ['small', 96, 24],
      ['medium', 176, 44],
      ['large', 800, 200],
    ] as const) {
      const thumbnail = json.value[0][name];
      expect([thumbnail.width, thumbnail.height]).toEqual([width, height]);
      expect(await sizeOf(thumbnail.url)).toEqual([200, 'jpeg', width, height]);
    }
  });

  it('are had one by one, and by content', async () => {
    await mailbox.put('/p.png', await picture(300, 600).png().toBuffer());
    const { status, json } = await call('root:/p.png:/thumbnails/0/medium');
    expect([status, json.width, json.height]).toEqual([200, 88, 176]);
    const { status: moved, headers } = await call('root:/p.png:/thumbnails/0/medium/content');
    expect(moved).toBe(302);
    expect(await sizeOf(String(headers.location))).toEqual([200, 'jpeg', 88, 176]);
  });

  it('are had in sizes that have no names', async () => {
    await mailbox.put('/p.png', await picture(600, 300).png().toBuffer());
    const { json } = await call('root:/p.png:/thumbnails?$select=id,c200x150,c100x100_crop,c5000x5000');
    const { c200x150, c100x100_crop: cropped, c5000x5000: large } = json.value[0];
    expect(Object.keys(json.value[0])).toEqual(['id', 'c200x150', 'c100x100_crop', 'c5000x5000']);
    for (const [{ width, height, url }, expected] of [
      [c200x150, [200, 100]],
      [cropped, [100, 100]],
      [large, [600, 300]],
    ]) {
      expect([width, height]).toEqual(expected);
      expect(await sizeOf(url)).toEqual([200, 'jpeg', ...expected]);
    }
    expect((await call('root:/p.png:/thumbnails/0/c0x10')).status).toBe(400);
    expect((await call('root:/p.png:/thumbnails/0/huge')).status).toBe(400);
    expect((await call('root:/p.png:/thumbnails/1/small')).status).toBe(404);
  });

  it('are turned as the picture is', async () => {
    await mailbox.put('/p.jpg', await picture(400, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    const { small } = (await call('root:/p.jpg:/thumbnails')).json.value[0];
    expect([small.width, small.height]).toEqual([48, 96]);
    expect(await sizeOf(small.url)).toEqual([200, 'jpeg', 48, 96]);
  });

  it('do not exist for a file that is not a picture', async () => {
    await mailbox.put('/a.txt', 'text');
    await mailbox.put('/lie.png', 'text');
    mailbox.mkdir('/folder.png');
    for (const name of ['a.txt', 'lie.png', 'folder.png']) {
      expect((await call(`root:/${name}:/thumbnails`)).json.value).toEqual([]);
      expect((await call(`root:/${name}:/thumbnails/0/small`)).status).toBe(404);
      expect((await call(`root:/${name}:/thumbnails/0/small/content`)).status).toBe(404);
    }
  });

  it('come with items and with listings that expand them', async () => {
    await mailbox.put('/folder/p.png', await picture(200, 200).png().toBuffer());
    await mailbox.put('/folder/a.txt', 'text');
    const item = (await call('root:/folder/p.png?$expand=thumbnails&$select=id')).json;
    expect(item.thumbnails[0].small).toMatchObject({ width: 96, height: 96 });
    const { value, '@odata.nextLink': next } = (await call('root:/folder:/children?$expand=thumbnails&$top=1')).json;
    expect(value).toMatchObject([{ name: 'a.txt', thumbnails: [] }]);
    const [second] = (await client.graph(next.replace('https://graph.microsoft.com/v1.0', ''))).json.value;
    expect(second.thumbnails[0].small).toMatchObject({ width: 96 });
    expect((await call('root:/folder:/children')).json.value[0]).not.toHaveProperty('thumbnails');
    expect((await call('root:/folder:/children?$expand=permissions')).status).toBe(501);
    expect((await call('root:/folder:/thumbnails?$top=1')).status).toBe(501);
  });

  it('have addresses that are good for an hour, without credentials, as they are', async () => {
    await mailbox.put('/p.png', await picture(10, 10).png().toBuffer());
    const { url } = (await call('root:/p.png:/thumbnails/0/small')).json;
    expect(new URL(url).host).toBe('northeurope1-mediap.svc.ms');
    const elsewhere = url.replace('northeurope1-mediap.svc.ms', emulator.hosts.personal);
    expect((await client.plain(elsewhere)).status).toBe(401);
    const head = await client.plain(url, { method: 'HEAD' });
    expect([head.status, head.text, head.headers['content-type']]).toEqual([200, '', 'image/jpeg']);
    expect((await client.plain(url, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
    expect((await client.plain(`${url}&x=1`)).status).toBe(401);
    clock.advance(HOUR);
    expect((await client.plain(url)).status).toBe(401);
  });
});

describe('preview', () => {
  it('gives an address of a page that shows the file', async () => {
    await mailbox.put('/a & b.txt', 'text');
    await mailbox.put('/p.png', await picture(10, 10).png().toBuffer());
    for (const [name, content] of [
      ['a%20%26%20b.txt', /<a href="http[^"]+download\.aspx[^"]+">a &amp; b\.txt<\/a>/],
      ['p.png', /<img src="http[^"]+" alt="p\.png">/],
    ] as const) {
      const { status, json } = await call(`root:/${name}:/preview`, { method: 'POST', body: {} });
      expect([status, json.postUrl]).toEqual([200, null]);
      const page = await client.plain(json.getUrl);
      expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.text).toMatch(content);
      const link = /"(http[^"]+)"/.exec(page.text)![1]!.replaceAll('&amp;', '&');
      expect((await client.plain(link)).status).toBe(200);
      expect((await client.plain(json.getUrl, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
      clock.advance(HOUR / 10);
    }
  });

  it('is none of a folder, and refuses what it does not know', async () => {
    mailbox.mkdir('/folder');
    await mailbox.put('/a.txt', 'text');
    expect((await call('root:/folder:/preview', { method: 'POST', body: {} })).status).toBe(400);
    const body = { viewer: 'office' };
    expect((await call('root:/a.txt:/preview', { method: 'POST', body })).status).toBe(501);
    expect((await call('root:/a.txt:/preview')).status).toBe(501);
  });
});

describe('follow', () => {
  it.each(['follow', 'unfollow'])('is not modelled: %s', async action => {
    await mailbox.put('/a.txt', 'text');
    expect((await call(`root:/a.txt:/${action}`, { method: 'POST', body: {} })).status).toBe(501);
  });
});
