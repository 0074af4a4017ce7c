import { expect } from 'vitest';
import { type Answer, expectAnswer, itemOf, oneOf, REFUSED } from './answer.ts';
import type { Bench } from './bench.ts';
import type { ContractCase } from './contract-case.ts';
import { contentOf, FRAGMENT, nextOffset, openSession, sendFragment, sendWhole, statusOf } from './upload-session.ts';

const CONTENT = contentOf(3 * FRAGMENT);
const SMALL = new TextEncoder().encode('new content');
/** A fragment has less than this (createUploadSession, "Upload bytes to the upload session"). */
const FRAGMENT_LIMIT = 60 * 1024 * 1024;

/** A session whose first fragment is there. */
async function begun(bench: Bench): Promise<string> {
  const url = await openSession(bench, await bench.folder(), 'a.bin');
  expectAnswer(await sendFragment(bench, url, { content: CONTENT, start: 0, end: FRAGMENT }), 202);
  return url;
}

interface WrongFragment {
  readonly it: string;
  readonly source: string;
  readonly status: number | readonly number[];
  readonly code?: string;
  send(bench: Bench, url: string): Promise<Answer>;
}

/** What a session refuses after its first fragment; it must still be of use then. */
const WRONG_FRAGMENTS: WrongFragment[] = [
  {
    it: 'a gap is fragmentOutOfOrder',
    source: '§2.8 [OBS ODD#79]',
    status: 416,
    code: 'fragmentOutOfOrder',
    send: (bench, url) => sendFragment(bench, url, { content: CONTENT, start: 2 * FRAGMENT, end: CONTENT.length }),
  },
  {
    it: 'the same fragment again is fragmentOverlap',
    source: '§2.8 [OBS ODD#64]',
    status: 416,
    code: 'fragmentOverlap',
    send: (bench, url) => sendFragment(bench, url, { content: CONTENT, start: 0, end: FRAGMENT }),
  },
  {
    it: 'another total is refused',
    source: '§2.8 [DOC]: fragmentLengthMismatch; its status is not said',
    status: oneOf(400, 416),
    send: (bench, url) =>
      sendFragment(bench, url, { content: CONTENT, start: FRAGMENT, end: 2 * FRAGMENT, total: CONTENT.length + 1 }),
  },
  {
    it: 'a Content-Range longer than the body is refused',
    source: '§3.1 [DOC]: 400, or 416 with fragmentLengthMismatch',
    status: oneOf(400, 416),
    send: (bench, url) => {
      const headers = { 'Content-Range': `bytes ${FRAGMENT}-${2 * FRAGMENT - 1}/${CONTENT.length}` };
      return bench.open('PUT', url, { headers, body: CONTENT.slice(0, 1000) });
    },
  },
  {
    it: 'a PUT without Content-Range is refused',
    source: '§2.8 [DOC]: the header is required',
    status: oneOf(400, 411, 416),
    send: (bench, url) => bench.open('PUT', url, { body: CONTENT.slice(FRAGMENT, 2 * FRAGMENT) }),
  },
  {
    it: 'a Content-Range that is none is refused',
    source: '§2.8 [DOC]; RFC 9110 §14.4',
    status: oneOf(400, 416),
    send: (bench, url) =>
      bench.open('PUT', url, { headers: { 'Content-Range': 'bytes many' }, body: CONTENT.slice(0, FRAGMENT) }),
  },
];

export const SESSION_REFUSALS: ContractCase[] = [
  ...WRONG_FRAGMENTS.map(({ it, source, status, code, send }) => ({
    it: `${it}, and the session goes on`,
    source,
    run: async (bench: Bench) => {
      const url = await begun(bench);
      expectAnswer(await send(bench, url), status, code);
      expect(nextOffset(await statusOf(bench, url))).toBe(FRAGMENT);
      const rest = await sendFragment(bench, url, { content: CONTENT, start: FRAGMENT, end: CONTENT.length });
      expect(itemOf(rest).size).toBe(CONTENT.length);
    },
  })),
  {
    it: 'a fragment of an odd size never becomes a wrong file',
    source: '§2.8 [DOC]: "errors committing some files"; whether it is refused at once is not said',
    violates: true,
    run: async bench => {
      const content = contentOf(3000);
      const url = await openSession(bench, await bench.folder(), 'a.bin');
      const first = await sendFragment(bench, url, { content, start: 0, end: 1000 });
      expectAnswer(first, oneOf(202, 400, 416));
      if (first.status !== 202) {
        return;
      }
      const rest = await sendFragment(bench, url, { content, start: 1000, end: 3000 });
      expectAnswer(rest, [201, ...REFUSED]);
      if (rest.status === 201) {
        expect(Buffer.from((await bench.download(itemOf(rest))).bytes).equals(content)).toBe(true);
      }
    },
  },
  {
    it: 'zero bytes are refused and make no file',
    source: '§2.8 [OBS ODD#53, #1006, abraunegg#37]',
    run: async bench => {
      const folder = await bench.folder();
      const url = await openSession(bench, folder, 'a.bin');
      const headers = { 'Content-Range': 'bytes 0-0/0', 'Content-Length': '0' };
      expectAnswer(await bench.open('PUT', url, { headers, body: '' }), 400);
      await bench.expectNames(folder, []);
    },
  },
  {
    it: 'a fragment of 60 MiB and more is refused and makes no file',
    source: '§2.8 [DOC]: less than 60 MiB; §3.1 maxFragmentLengthExceeded',
    run: async bench => {
      const folder = await bench.folder();
      const content = new Uint8Array(FRAGMENT_LIMIT + FRAGMENT);
      const url = await openSession(bench, folder, 'a.bin');
      expectAnswer(await sendWhole(bench, url, content), oneOf(400, 413, 416));
      await bench.expectNames(folder, []);
    },
  },
  {
    it: 'DELETE ends a session: 204, then 404 for all',
    source: '§2.8 [DOC; BG for the 404]',
    run: async bench => {
      const url = await begun(bench);
      expectAnswer(await bench.open('DELETE', url), 204);
      expectAnswer(await bench.open('GET', url), 404);
      expectAnswer(await sendWhole(bench, url, SMALL), 404);
    },
  },
  {
    it: 'a session that is done is no more',
    source: '§2.8 [BG]',
    run: async bench => {
      const url = await openSession(bench, await bench.folder(), 'a.bin');
      expectAnswer(await sendWhole(bench, url, SMALL), 201);
      expectAnswer(await bench.open('GET', url), 404);
    },
  },
  {
    it: 'an uploadUrl without its signature is refused',
    source: '§2.8 [OBS]: tempauth signs the URL',
    violates: true,
    run: async bench => {
      const url = new URL(await openSession(bench, await bench.folder(), 'a.bin'));
      url.searchParams.delete('tempauth');
      expectAnswer(await bench.open('GET', url.href), oneOf(401, 403, 404));
    },
  },
  {
    it: 'Authorization at an uploadUrl is 401 and nothing is stored',
    source: '§2.8 [DOC; OBS abraunegg, rclone, onedriver]',
    violates: true,
    run: async bench => {
      const folder = await bench.folder();
      const url = await openSession(bench, folder, 'a.bin');
      const headers = { Authorization: 'Bearer x', 'Content-Range': `bytes 0-${SMALL.length - 1}/${SMALL.length}` };
      expectAnswer(await bench.open('PUT', url, { headers, body: SMALL }), 401);
      await bench.expectNames(folder, []);
    },
  },
];
