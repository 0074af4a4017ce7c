import { expect } from 'vitest';
import { expectAnswer, type Item, itemOf, oneOf, REFUSED, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

const TEXT = '0123456789abcdefghij';
const NAME = 'Größe 1.txt';

/** A file of 20 bytes, which no case changes. */
function sample(bench: Bench): Promise<Item> {
  return bench.once('downloads', async () => bench.file(await bench.makeFolder(bench.home, 'downloads'), NAME, TEXT));
}

async function urlOf(bench: Bench): Promise<string> {
  return bench.downloadUrl(await sample(bench));
}

const RANGES: readonly [string, string, string, string][] = [
  ['the first bytes', 'bytes=0-3', '0123', 'bytes 0-3/20'],
  ['bytes in the middle', 'bytes=5-9', '56789', 'bytes 5-9/20'],
  ['the last bytes', 'bytes=-4', 'ghij', 'bytes 16-19/20'],
  ['bytes to the end', 'bytes=16-', 'ghij', 'bytes 16-19/20'],
  ['bytes beyond the end', 'bytes=16-99', 'ghij', 'bytes 16-19/20'],
];

/** A browser's question before it sends a request of its own to another origin. */
const PREFLIGHT = { Origin: 'https://app.contoso.com' };

export const DOWNLOADS: ContractCase[] = [
  {
    it: '/content is 302 to a URL of another host, without a body',
    source: '§2.6 [DOC]',
    run: async bench => {
      const answer = await bench.graph('GET', `${bench.item(await sample(bench))}/content`);
      expectAnswer(answer, 302);
      expect(textOf(answer)).toBe('');
      const location = answer.headers.get('Location')!;
      expect(new URL(location).host).not.toBe(new URL(bench.target.baseUrl).host);
      expect(textOf(await bench.open('GET', location))).toBe(TEXT);
    },
  },
  {
    it: '/content by path is 302 as well',
    source: '§2.6, §2.3 [DOC]',
    run: async bench => {
      const { parentReference } = await sample(bench);
      const path = `${bench.item(parentReference.id!)}:/${encodeURIComponent(NAME)}:/content`;
      expectAnswer(await bench.graph('GET', path), 302);
    },
  },
  {
    it: 'a folder has no download URL',
    source: '§2.6 [DOC]',
    run: async bench => {
      expect(await bench.read(await bench.folder())).not.toHaveProperty('@microsoft.graph.downloadUrl');
    },
  },
  {
    it: 'the whole file comes with its length, type and name',
    source: '§2.6 [DOC; OBS for the headers]',
    run: async bench => {
      const answer = await bench.open('GET', await urlOf(bench));
      expectAnswer(answer, 200);
      expect(textOf(answer)).toBe(TEXT);
      expect(answer.headers.get('Content-Length')).toBe('20');
      expect(answer.headers.get('Content-Type')).toMatch(/^(text\/plain|application\/octet-stream)/);
      expect(answer.headers.get('Content-Disposition')).toMatch(
        /^attachment;.*filename\*=UTF-8''Gr%C3%B6%C3%9Fe%201\.txt/,
      );
      expect(Date.parse(answer.headers.get('Last-Modified')!)).toBeGreaterThan(0);
    },
  },
  {
    it: "the download's ETag is the item's, and ranges are accepted",
    source: '§2.6 [OBS ODD#133 sample]',
    run: async bench => {
      const { headers } = await bench.open('GET', await urlOf(bench), { headers: { Range: 'bytes=0-3' } });
      expect(headers.get('ETag')).toBe((await bench.read(await sample(bench))).eTag);
      expect(headers.get('Accept-Ranges')).toBe('bytes');
    },
  },
  ...RANGES.map(([name, range, bytes, contentRange]) => ({
    it: `a range: ${name}`,
    source: '§2.6 [DOC]: 206, or all with 200 when the range is ignored',
    run: async (bench: Bench) => {
      const answer = await bench.open('GET', await urlOf(bench), { headers: { Range: range } });
      expectAnswer(answer, oneOf(206, 200));
      expect(textOf(answer)).toBe(answer.status === 206 ? bytes : TEXT);
      expect(answer.headers.get('Content-Range')).toBe(answer.status === 206 ? contentRange : null);
    },
  })),
  {
    it: 'a range at the end of the file is 416',
    source: '§2.6 [DOC]; RFC 9110 §15.5.17',
    run: async bench => {
      expectAnswer(await bench.open('GET', await urlOf(bench), { headers: { Range: 'bytes=20-' } }), 416);
    },
  },
  {
    it: 'an empty file is 200 with nothing',
    source: '§2.6 [DOC]',
    run: async bench => {
      const file = await bench.file(await bench.folder(), 'empty.bin', new Uint8Array());
      const answer = await bench.download(file);
      expectAnswer(answer, 200);
      expect([answer.bytes.length, answer.headers.get('Content-Length')]).toEqual([0, '0']);
    },
  },
  {
    it: 'HEAD has the headers and no body',
    source: 'RFC 9110 §9.3.2: players and browsers ask so',
    run: async bench => {
      const answer = await bench.open('HEAD', await urlOf(bench));
      expectAnswer(answer, 200);
      expect([answer.bytes.length, answer.headers.get('Content-Length')]).toEqual([0, '20']);
    },
  },
  {
    it: 'If-None-Match of the eTag is 304 at the item',
    source: '§2.4 [DOC]',
    run: async bench => {
      const { id, eTag } = await bench.read(await sample(bench));
      const answer = await bench.graph('GET', bench.item(id), { headers: { 'If-None-Match': eTag } });
      expectAnswer(answer, 304);
      expect(answer.bytes.length).toBe(0);
    },
  },
  {
    it: 'If-None-Match of another eTag is 200',
    source: '§2.4 [DOC]',
    run: async bench => {
      const headers = { 'If-None-Match': '"{00000000-0000-0000-0000-000000000000},1"' };
      expectAnswer(await bench.graph('GET', bench.item(await sample(bench)), { headers }), 200);
    },
  },
  ...(['eTag', 'cTag'] as const).map(tag => ({
    it: `If-None-Match of the ${tag} is 304 at /content`,
    source: '§2.6 [DOC driveitem-get-content]: eTag or cTag',
    run: async (bench: Bench) => {
      const item = await bench.read(await sample(bench));
      const headers = { 'If-None-Match': item[tag]! };
      expectAnswer(await bench.graph('GET', `${bench.item(item)}/content`, { headers }), 304);
    },
  })),
  {
    it: 'a browser may read a download of another origin',
    source: 'learn "Working with CORS" [DOC]: downloadUrl answers CORS, /content does not',
    run: async bench => {
      const answer = await bench.open('GET', await urlOf(bench), { headers: PREFLIGHT });
      expectAnswer(answer, 200);
      expect(['*', PREFLIGHT.Origin]).toContain(answer.headers.get('Access-Control-Allow-Origin'));
    },
  },
  {
    it: 'a preflight for a range of a download succeeds',
    source: 'learn "Working with CORS" [DOC]; Fetch §4.8',
    run: async bench => {
      const asked = { 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'range' };
      const answer = await bench.open('OPTIONS', await urlOf(bench), { headers: { ...PREFLIGHT, ...asked } });
      expectAnswer(answer, oneOf(200, 204));
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBeTruthy();
      expect(answer.headers.get('Access-Control-Allow-Headers')).toMatch(/range|\*/i);
    },
  },
  {
    it: 'a preflight for a fragment of an upload succeeds',
    source: 'learn "Working with CORS" [DOC]; Fetch §4.8',
    run: async bench => {
      const json = { item: { '@microsoft.graph.conflictBehavior': 'replace' } };
      const path = `${bench.child(await bench.folder(), 'a.bin')}/createUploadSession`;
      const { uploadUrl } = JSON.parse(textOf(await bench.graph('POST', path, { json }))) as { uploadUrl: string };
      const asked = { 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'content-range' };
      const answer = await bench.open('OPTIONS', uploadUrl, { headers: { ...PREFLIGHT, ...asked } });
      expectAnswer(answer, oneOf(200, 204));
      expect(answer.headers.get('Access-Control-Allow-Methods')).toMatch(/PUT|\*/);
      expect(answer.headers.get('Access-Control-Allow-Headers')).toMatch(/content-range|\*/i);
    },
  },
  {
    it: 'Authorization at a download URL is 401',
    source: '§2.6 [OBS rclone aee8d909b, ODD#485, #486]',
    violates: true,
    run: async bench => {
      const headers = { Authorization: 'Bearer x' };
      expectAnswer(await bench.open('GET', await urlOf(bench), { headers }), 401);
    },
  },
  {
    it: 'a download URL with its query in another order is 401',
    source: '§2.6 [OBS ODD#792]',
    violates: true,
    run: async bench => {
      const url = await urlOf(bench);
      const [path, query] = url.split('?') as [string, string];
      const answer = await bench.open('GET', `${path}?${query.split('&').reverse().join('&')}`);
      expectAnswer(answer, 401);
    },
  },
  {
    it: 'a download URL with another signature is refused',
    source: '§2.6 [OBS rclone openWithRedirect]: re-encoding breaks the signature',
    violates: true,
    run: async bench => {
      const url = (await urlOf(bench)).replace(/tempauth=[^&]{8}/, 'tempauth=AAAAAAAA');
      expectAnswer(await bench.open('GET', url), oneOf(401, 403));
    },
  },
  ...answerCases([
    {
      it: 'a folder has no content',
      source: '§2.5 [DOC]: content is of files; the status is not said',
      status: REFUSED,
      ask: async bench => bench.graph('GET', `${bench.item(await bench.folder())}/content`),
    },
    {
      it: 'the content of what is gone is itemNotFound',
      source: '§3.1 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => {
        const file = await bench.file(await bench.folder(), 'a.txt');
        await bench.graph('DELETE', bench.item(file));
        return bench.graph('GET', `${bench.item(file)}/content`);
      },
    },
    {
      it: 'the download URL of what is gone is refused',
      source: '§2.6: a download URL leads to the item; 404, or 403 for what may not be known',
      status: oneOf(403, 404, 410),
      ask: async bench => {
        const file = itemOf(await bench.put(await bench.folder(), 'a.txt', 'x'));
        const url = await bench.downloadUrl(file);
        await bench.graph('DELETE', bench.item(file));
        return bench.open('GET', url);
      },
    },
  ]),
];
