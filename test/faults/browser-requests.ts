import sharp from 'sharp';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { quickXorHash } from '../support/quick-xor-hash.ts';
import { unzip } from '../support/unzip.ts';
import { FOLDER, NEW, OLD } from './contents.ts';
import type { Answer, Begun, RequestKind, Send } from './request-kind.ts';

const PICTURE = (
  await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer()
).toString('latin1');
/** How a JPEG begins (ISO/IEC 10918-1, SOI and another marker). Nobody states how long it is. */
const JPEG = /^\xff\xd8\xff/;
/** The folder `d` as a zip has it. */
const MEMBERS = Object.fromEntries(
  Object.entries(FOLDER).flatMap(([path, text]) => (path === 'd/' ? [] : [[path.slice(2), text]])),
);

const JSON_BODY = { 'content-type': 'application/json' };
const WHOLE_LISTING = /"end":true,"count":3\}\n$/;

/** What the app in the browser asks for. */
const VIEWS: readonly RequestKind[] = [
  {
    ...{ name: 'the view entries', before: FOLDER, success: [200], members: ['"1.txt"', '"2.txt"', '"e"'] },
    ...{ body: WHOLE_LISTING, send: send => send('GET', 'd/?view=entries') },
  },
  {
    ...{
      name: 'the view search',
      before: FOLDER,
      success: [200],
      members: ['["1.txt"]', '["2.txt"]', '["e","3.txt"]'],
    },
    ...{ body: WHOLE_LISTING, send: send => send('GET', 'd/?view=search&q=txt') },
  },
  {
    ...{ name: 'the view details', before: { a: OLD }, success: [200], body: /"size":13,/ },
    send: send => send('GET', 'a?view=details'),
  },
  {
    ...{ name: 'the view content', before: { a: OLD }, success: [200], body: OLD },
    send: send => send('GET', 'a?view=content'),
  },
  {
    ...{ name: 'the view versions', earlier: { a: NEW }, before: { a: OLD }, success: [200] },
    ...{ members: ['"id":"1.0"', '"id":"2.0"'], send: send => send('GET', 'a?view=versions') },
  },
  {
    ...{ name: 'the view version', earlier: { a: NEW }, before: { a: OLD }, success: [200], body: NEW },
    send: send => send('GET', 'a?view=version&id=1.0'),
  },
  {
    ...{
      name: 'the action restore-version',
      earlier: { a: NEW },
      before: { a: OLD },
      after: { a: NEW },
      success: [200],
    },
    ...{ body: new RegExp(`"size":${NEW.length},`) },
    send: send => send('POST', 'a?action=restore-version', { headers: JSON_BODY, body: '{"id":"1.0"}' }),
  },
  {
    ...{ name: 'the view thumbnail', before: { 'a.jpg': PICTURE }, success: [200], refusals: [404] },
    check: bytes => expect(bytes.toString('latin1')).toMatch(JPEG),
    send: send => send('GET', 'a.jpg?view=thumbnail'),
  },
  {
    ...{ name: 'the view zip', before: FOLDER, success: [200] },
    check: bytes => expect(unzip(bytes)).toEqual(MEMBERS),
    send: send => send('GET', 'd/?view=zip'),
  },
];

/** More than a PUT would be taken for. */
const LARGE = '0123456789abcdef'.repeat(262_144 + 1);
const HASH = quickXorHash(Buffer.from(LARGE));
/** The bytes are at OneDrive still, and the same commit may be tried again (decision 35). */
const TO_BE_TRIED_AGAIN = [423, 502, 503, 504];

const action = (send: Send, name: string, input: object) =>
  send('POST', `>a?action=${name}`, { headers: JSON_BODY, body: JSON.stringify(input) });
const ask = (send: Send) => action(send, 'upload', { size: LARGE.length, conflict: 'replace' });
const commit = (send: Send, { id }: Begun) => action(send, 'upload-commit', { id, quickXorHash: HASH });

const begin: NonNullable<RequestKind['begin']> = async (send, microsoft) => ({
  ...begunBy(await ask(send)),
  microsoft,
});

const beginAndSend: NonNullable<RequestKind['begin']> = async (send, microsoft) => {
  const begun = await begin(send, microsoft);
  const headers = { 'content-range': `bytes 0-${LARGE.length - 1}/${LARGE.length}` };
  const { status } = await microsoft.plain(begun.url!, { method: 'PUT', headers, body: LARGE });
  expect(status).toBe(202);
  return begun;
};

function begunBy({ status, bytes }: Answer): Begun {
  expect(status).toBe(200);
  return JSON.parse(String(bytes)) as Begun;
}

/** Ends the upload, if it is one still, at both places: ours may have been told that it is over. */
async function giveUp(send: Send, { id, url, microsoft }: Begun): Promise<void> {
  await action(send, 'upload-cancel', { id });
  if (microsoft !== undefined && url !== undefined) {
    await microsoft.plain(url, { method: 'DELETE' });
  }
}

/** A client that has heard nothing asks again, and that ends what it may have begun before. */
const finishOpen: NonNullable<RequestKind['finish']> = async (send, { microsoft }, answer) => {
  const isOpen = answer?.status === 200 && answer.bytes !== undefined;
  // Until the request that nobody waits for any more has come to its end, the name is taken.
  const begun = isOpen ? begunBy(answer) : await eventually(async () => begunBy(await ask(send)));
  await giveUp(send, { ...begun, microsoft });
  return answer;
};

const finishStatus: NonNullable<RequestKind['finish']> = async (send, begun, answer) => {
  await giveUp(send, begun);
  return answer;
};

const finishCommit: NonNullable<RequestKind['finish']> = async (send, begun, answer) => {
  const isOpen = answer === undefined || TO_BE_TRIED_AGAIN.includes(answer.status);
  const last = isOpen ? await commit(send, begun) : answer;
  if (isOpen) {
    // 404: it was done, or the session has ended.
    expect([200, 201, 404]).toContain(last.status);
  }
  await giveUp(send, begun);
  return last;
};

/** Uploads whose bytes the client sends itself. */
const DIRECT_UPLOADS: readonly RequestKind[] = [
  {
    ...{ name: 'the action upload', before: {}, success: [200], body: /"way":"direct"/ },
    ...{ send: ask, finish: finishOpen },
  },
  {
    ...{ name: 'the action upload-status', before: { a: OLD }, success: [200], body: /"nextExpectedRanges":\["0-/ },
    ...{ begin, send: (send, { id }) => action(send, 'upload-status', { id }), finish: finishStatus },
  },
  {
    ...{ name: 'the action upload-cancel', before: { a: OLD }, success: [200], body: /^\{\}$/m },
    ...{ begin, send: (send, { id }) => action(send, 'upload-cancel', { id }) },
  },
  {
    ...{ name: 'the action upload-commit', before: {}, after: { a: LARGE }, success: [201], isLarge: true },
    ...{ body: new RegExp(`"size":${LARGE.length},`), begin: beginAndSend, send: commit, finish: finishCommit },
  },
  {
    ...{ name: 'the action upload-commit over a file', before: { a: OLD }, after: { a: LARGE }, success: [200] },
    ...{ body: new RegExp(`"size":${LARGE.length},`), begin: beginAndSend, send: commit, finish: finishCommit },
    isLarge: true,
  },
];

/** What the app in the browser asks for, beside WebDAV. */
export const BROWSER_REQUESTS: readonly RequestKind[] = [...VIEWS, ...DIRECT_UPLOADS];
