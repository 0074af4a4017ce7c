import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/drive/entry.ts';
import { DriveError, type DriveErrorCode } from '../../../src/drive/errors.ts';
import { createMemoryDrive } from '../../../src/drive/memory-drive.ts';
import { parseXml, type XmlElement } from '../../../src/webdav/xml/xml-reader.ts';
import { type Dav, davClient, hrefsOf } from '../../support/dav-client.ts';
import { withFaults } from '../../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../../support/front-door.ts';

const NAMED = (props: string) =>
  `<?xml version="1.0"?><D:propfind xmlns:D="DAV:" xmlns:x="http://example.com/ns"><D:prop>${props}</D:prop></D:propfind>`;

describe('PROPFIND', () => {
  let door: FrontDoorTest;
  let dav: Dav;

  beforeAll(async () => {
    door = await startFrontDoor();
    dav = davClient(door);
    await dav('MKCOL', '/m/folder');
    await dav('PUT', '/m/folder/file.txt', {}, 'hello');
  });
  afterAll(async () => {
    await door?.stop();
  });

  const propfind = (path: string, depth: string | undefined, body?: string, headers = {}) =>
    dav('PROPFIND', path, { ...(depth === undefined ? {} : { Depth: depth }), ...headers }, body);

  it('lists a folder: itself first, path-absolute hrefs, a slash on collections only', async () => {
    expect(hrefsOf((await propfind('/m/', '1')).text)).toEqual(['/m/', '/m/folder/']);
    expect(hrefsOf((await propfind('/m/folder', '1')).text)).toEqual(['/m/folder/', '/m/folder/file.txt']);
    expect(hrefsOf((await propfind('/m/folder', '0')).text)).toEqual(['/m/folder/']);
    expect(hrefsOf((await propfind('/m/folder/file.txt', '1')).text)).toEqual(['/m/folder/file.txt']);
  });

  it('lists the mounts at the root without asking any of them', async () => {
    const silent = withFaults(createMemoryDrive(), {
      stat: async () => {
        throw new DriveError('unavailable', 'must not be asked');
      },
    });
    const quiet = await startFrontDoor({ drive: silent });
    try {
      const { status, text } = await davClient(quiet)('PROPFIND', '/', { Depth: '1' });
      expect([status, hrefsOf(text)]).toEqual([207, ['/', '/m/']]);
    } finally {
      await quiet.stop();
    }
  });

  it('answers 207 in utf-8 XML with the prefix D:, which old clients look for', async () => {
    const { status, headers, text } = await propfind('/m/folder', '1');
    expect([status, headers.get('content-type')]).toEqual([207, 'application/xml; charset=utf-8']);
    expect(text).toMatch(/^<\?xml version="1.0" encoding="utf-8"\?>\n<D:multistatus xmlns:D="DAV:">/);
    expect(text).toContain('<D:status>HTTP/1.1 200 OK</D:status>');
  });

  it('sends a short answer whole, with its length', async () => {
    const { headers, text } = await propfind('/m/folder', '1', undefined, { 'Accept-Encoding': 'identity' });
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  });

  it('gives the live properties, for no body and for allprop alike', async () => {
    const file = propertiesOf((await propfind('/m/folder/file.txt', '0')).text);
    expect(file).toMatchObject({
      displayname: 'file.txt',
      getcontentlength: '5',
      getcontenttype: expect.any(String),
      resourcetype: '',
    });
    expect(file.getlastmodified).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    expect(file.creationdate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(file.getetag).toBe((await dav('HEAD', '/m/folder/file.txt')).headers.get('etag'));
    const allprop = '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>';
    expect(propertiesOf((await propfind('/m/folder/file.txt', '0', allprop)).text)).toEqual(file);
    expect(propertiesOf((await propfind('/m/folder', '0')).text)).not.toHaveProperty('getcontentlength');
  });

  it('gives named properties, the missing ones as 404 after the found ones, in their own namespace', async () => {
    const body = NAMED('<D:getcontentlength/><x:unknown/><D:getcontentlanguage/><nothing xmlns=""/>');
    const { text } = await propfind('/m/folder/file.txt', '0', body);
    const [found, missing] = propstats(text);
    expect(found).toEqual(['DAV: getcontentlength', 'HTTP/1.1 200 OK']);
    expect(missing).toEqual([
      'http://example.com/ns unknown',
      'DAV: getcontentlanguage',
      ' nothing',
      'HTTP/1.1 404 Not Found',
    ]);
  });

  it('gives names only for propname', async () => {
    const { text } = await propfind('/m/folder/file.txt', '0', '<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>');
    expect(text).toContain('<D:getetag/>');
    expect(text).not.toContain('file.txt</D:displayname>');
  });

  it('adds what include names to allprop, and gives quota when it is named only', async () => {
    const quota = '<D:quota-used-bytes/><D:quota-available-bytes/>';
    const included = `<D:propfind xmlns:D="DAV:"><D:allprop/><D:include>${quota}</D:include></D:propfind>`;
    expect(propertiesOf((await propfind('/m/', '0', included)).text)).toMatchObject({ 'quota-used-bytes': '5' });
    expect(propertiesOf((await propfind('/m/', '0', NAMED(quota))).text)).toMatchObject({
      'quota-used-bytes': '5',
      'quota-available-bytes': expect.stringMatching(/^\d+$/),
    });
    expect((await propfind('/m/', '0')).text).not.toContain('quota');
  });

  it('D11: refuses Depth infinity with its condition, and takes a missing Depth as 1', async () => {
    const { status, text } = await propfind('/m/', 'infinity');
    expect([status, text]).toEqual([403, expect.stringContaining('<D:propfind-finite-depth/>')]);
    expect(hrefsOf((await propfind('/m/', undefined)).text)).toHaveLength(2);
    expect(hrefsOf((await propfind('/m/', '1,noroot')).text)).toHaveLength(2);
    expect((await propfind('/m/', '2')).status).toBe(400);
  });

  it.each([
    ['not well-formed', '<D:propfind xmlns:D="DAV:"><D:prop>', 400],
    ['no XML', 'hello', 400],
    ['another root', '<D:lockinfo xmlns:D="DAV:"/>', 400],
    ['an empty propfind', '<D:propfind xmlns:D="DAV:"/>', 400],
    ['an undeclared prefix', '<D:propfind/>', 400],
    ['a prefix bound to nothing', '<D:propfind xmlns:D="DAV:"><D:prop><b:x xmlns:b=""/></D:prop></D:propfind>', 400],
    ['a DOCTYPE', '<!DOCTYPE x [<!ENTITY a "b">]><D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>', 400],
    ['10,000 levels', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`, 400],
    ['200,000 properties', NAMED('<D:x/>'.repeat(100_000)), 400],
    ['unknown elements', '<D:propfind xmlns:D="DAV:"><D:new/><D:propname/><x xmlns="y"/></D:propfind>', 207],
  ])('answers a body with %s by its status', async (_, body, status) => {
    expect((await propfind('/m/', '0', body)).status).toBe(status);
  });

  it('refuses a body over the limit, a chunked one too, and a compressed one', async () => {
    const huge = 'x'.repeat(2 * 1024 ** 2);
    expect((await propfind('/m/', '0', huge)).status).toBe(413);
    const chunked = await dav('PROPFIND', '/m/', { Depth: '0' }, new Blob([huge]).stream()).catch(() => ({
      status: 413,
    }));
    expect(chunked.status).toBe(413);
    expect((await propfind('/m/', '0', 'zip', { 'Content-Encoding': 'gzip' })).status).toBe(415);
  });

  it('D13: reads a chunked body', async () => {
    const { text } = await dav(
      'PROPFIND',
      '/m/folder/file.txt',
      { Depth: '0' },
      new Blob([NAMED('<D:getcontentlength/>')]).stream(),
    );
    expect(Object.keys(propertiesOf(text))).toEqual(['getcontentlength']);
  });

  it.each([
    'h#ash.txt',
    'q?mark',
    '100%25',
    'plus+and&amp',
    "quote'(1)!*",
    'emoji 🎉',
    'e\u0301',
    'semi;colon,=@~$',
    ' \u00a0x'.trimStart(),
  ])('D12: the href of %j leads back to it', async name => {
    const path = `/m/folder/${encodeURIComponent(name)}`;
    expect((await dav('PUT', path, {}, name)).status).toBe(201);
    const hrefs = hrefsOf((await propfind('/m/folder/', '1')).text);
    const href = hrefs.find(each => decodeURIComponent(each).normalize('NFC') === `/m/folder/${name}`.normalize('NFC'));
    expect(href).toMatch(/^\/m\/folder\/[\w.~%-]+$/);
    expect((await dav('GET', href!)).text).toBe(name);
    await dav('DELETE', path);
  });

  it('spells the hrefs as the client spelled the folder, NFD included', async () => {
    await dav('MKCOL', `/m/${encodeURIComponent('é')}`);
    const nfd = `/m/${encodeURIComponent('e\u0301')}/`;
    expect(hrefsOf((await propfind(nfd, '0')).text)).toEqual([nfd]);
    await dav('DELETE', nfd);
  });

  it.each<[DriveErrorCode, number, string | null]>([
    ['throttled', 503, '7'],
    ['unavailable', 503, '7'],
    ['timeout', 504, null],
    ['upstream', 502, null],
  ])('D1: a listing that fails as %s is %i, never a shorter listing', async (code, status, retryAfter) => {
    const drive = withFaults(createMemoryDrive(), {
      list: async () => {
        throw new DriveError(code, 'cannot list', { retryAfterSeconds: retryAfter === null ? undefined : 7 });
      },
    });
    const failing = await startFrontDoor({ drive });
    try {
      const answer = await davClient(failing)('PROPFIND', '/m/', { Depth: '1' });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter]);
      expect(answer.text).not.toContain('multistatus');
    } finally {
      await failing.stop();
    }
  });

  it('streams a folder of 10,000 entries, all of them', async () => {
    const now = new Date(1_700_000_000_000);
    const entries = Array.from(
      { length: 10_000 },
      (_, index): Entry => ({
        kind: 'file',
        name: `file ${index} & more`,
        id: String(index),
        etag: String(index),
        size: index,
        created: now,
        modified: now,
      }),
    );
    const big = await startFrontDoor({ drive: withFaults(createMemoryDrive(), { list: async () => entries }) });
    try {
      const { text } = await davClient(big)('PROPFIND', '/m/', { Depth: '1' });
      expect(new Set(hrefsOf(text)).size).toBe(10_001);
    } finally {
      await big.stop();
    }
  });
});

/** Name → text of the properties found in the first response. */
function propertiesOf(xml: string): Record<string, string> {
  const prop = propstatElements(xml)[0]!.children.find(({ name }) => name === 'prop')!;
  return Object.fromEntries(prop.children.map(({ name, text }) => [name, text]));
}

/** Each propstat of the first response as its property names and its status. */
function propstats(xml: string): string[][] {
  return propstatElements(xml).map(propstat => {
    const [prop, status] = propstat.children;
    return [...prop!.children.map(({ namespace, name }) => `${namespace} ${name}`), status!.text];
  });
}

function propstatElements(xml: string): XmlElement[] {
  return parseXml(xml).children[0]!.children.filter(({ name }) => name === 'propstat');
}
