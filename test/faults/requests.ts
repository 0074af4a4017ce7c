import { randomBytes } from 'node:crypto';
import { BROWSER_REQUESTS } from './browser-requests.ts';
import { FOLDER, NEW, OLD } from './contents.ts';
import type { RequestKind, Send, Tree } from './request-kind.ts';

/** More than one fragment of an upload session. */
const LARGE = `${randomBytes(16).toString('hex')}${'0123456789abcdef'.repeat(11 * 65_536)}`;
const OTHER: Tree = { 't/': '', 't/9.txt': 'nine' };
/** The same tree elsewhere. */
const under = (name: string, prefix = ''): Tree =>
  Object.fromEntries(Object.entries(FOLDER).map(([path, text]) => [`${prefix}${name}${path.slice(1)}`, text]));
/** As a browser asks. */
const visit = (send: Send) => send('GET', 'd/', { headers: { accept: 'text/html' } });
const XML = { 'content-type': 'application/xml' };
const LOCK = `<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>`;
const patch = (property: string) =>
  `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>${property}</D:prop></D:set></D:propertyupdate>`;

const READS: readonly RequestKind[] = [
  { name: 'OPTIONS', before: {}, success: [200, 204], send: send => send('OPTIONS', '') },
  { name: 'GET of a file', before: { a: OLD }, success: [200], body: OLD, send: send => send('GET', 'a') },
  { name: 'GET of an empty file', before: { a: '' }, success: [200], body: '', send: send => send('GET', 'a') },
  {
    ...{ name: 'GET of a range', before: { a: OLD }, success: [206], body: OLD.slice(4, 8) },
    send: send => send('GET', 'a', { headers: { range: 'bytes=4-7' } }),
  },
  {
    ...{ name: 'GET of several ranges', before: { a: OLD }, success: [206] },
    body: /^\r\n--(\w+)\r\n.*\r\n.* 0-2\/13\r\n\r\nthe\r\n--\1\r\n.*\r\n.* 8-9\/13\r\n\r\nby\r\n--\1--\r\n$/,
    send: send => send('GET', 'a', { headers: { range: 'bytes=0-2,8-9' } }),
  },
  {
    ...{ name: 'GET of a large file', before: { a: LARGE }, success: [200], body: LARGE, isLarge: true },
    send: send => send('GET', 'a'),
  },
  { name: 'GET of a folder', before: FOLDER, success: [200], members: ['1.txt', '2.txt'], send: visit },
  { name: 'GET of nothing', before: {}, success: [], refusals: [404], send: send => send('GET', 'nothing') },
  { name: 'HEAD', before: { a: OLD }, success: [200], send: send => send('HEAD', 'a') },
  {
    ...{ name: 'PROPFIND of a file', before: { a: OLD }, success: [207], members: ['a'] },
    body: /<D:getcontentlength>13<\/D:getcontentlength>/,
    send: send => send('PROPFIND', 'a', { headers: { depth: '0' } }),
  },
  {
    ...{ name: 'PROPFIND of a folder, alone', before: FOLDER, success: [207], members: ['d/'] },
    send: send => send('PROPFIND', 'd/', { headers: { depth: '0' } }),
  },
  {
    ...{ name: 'PROPFIND of a folder', before: FOLDER, success: [207], members: ['d/1.txt', 'd/2.txt', 'd/e/'] },
    send: send => send('PROPFIND', 'd/', { headers: { depth: '1' } }),
  },
  {
    ...{ name: 'PROPFIND of nothing', before: {}, success: [], refusals: [404] },
    send: send => send('PROPFIND', 'nothing', { headers: { depth: '0' } }),
  },
];

const WRITES: readonly RequestKind[] = [
  {
    ...{ name: 'PUT of a new file', before: {}, after: { a: NEW }, success: [201] },
    send: send => send('PUT', 'a', { body: NEW }),
  },
  {
    ...{ name: 'PUT over a file', before: { a: OLD }, after: { a: NEW }, success: [204] },
    send: send => send('PUT', 'a', { body: NEW }),
  },
  {
    ...{ name: 'PUT of an empty file', before: {}, after: { a: '' }, success: [201] },
    send: send => send('PUT', 'a', { body: '' }),
  },
  {
    ...{ name: 'PUT with a time', before: {}, after: { a: NEW }, success: [201] },
    send: send => send('PUT', 'a', { body: NEW, headers: { 'x-oc-mtime': '1700000000' } }),
  },
  {
    ...{ name: 'PUT over a file with a time', before: { a: OLD }, after: { a: NEW }, success: [204] },
    send: send => send('PUT', 'a', { body: NEW, headers: { 'x-oc-mtime': '1700000000' } }),
  },
  {
    ...{ name: 'PUT of an empty file with a time', before: {}, after: { a: '' }, success: [201] },
    send: send => send('PUT', 'a', { body: '', headers: { 'x-oc-mtime': '1700000000' } }),
  },
  {
    ...{ name: 'PUT of a large file', before: {}, after: { a: LARGE }, success: [201], isLarge: true },
    send: send => send('PUT', 'a', { body: LARGE }),
  },
  {
    ...{ name: 'PUT over a file with a large one', before: { a: OLD }, after: { a: LARGE }, success: [204] },
    ...{ isLarge: true, send: send => send('PUT', 'a', { body: LARGE }) },
  },
  {
    ...{ name: 'PUT if nothing is there', before: {}, after: { a: NEW }, success: [201] },
    send: send => send('PUT', 'a', { body: NEW, headers: { 'if-none-match': '*' } }),
  },
  {
    ...{ name: 'PUT if nothing is there, over a file', before: { a: OLD }, success: [], refusals: [412] },
    send: send => send('PUT', 'a', { body: NEW, headers: { 'if-none-match': '*' } }),
  },
  {
    ...{ name: 'PUT below nothing', before: {}, success: [], refusals: [409] },
    send: send => send('PUT', 'none/a', { body: NEW }),
  },
  { name: 'MKCOL', before: {}, after: { 'd/': '' }, success: [201], send: send => send('MKCOL', 'd/') },
  {
    ...{ name: 'MKCOL where a folder is', before: FOLDER, success: [], refusals: [405] },
    send: send => send('MKCOL', 'd/'),
  },
  { name: 'DELETE of a file', before: { a: OLD }, after: {}, success: [204], send: send => send('DELETE', 'a') },
  { name: 'DELETE of a folder', before: FOLDER, after: {}, success: [204], send: send => send('DELETE', 'd/') },
  {
    ...{ name: 'DELETE of nothing', before: {}, success: [], refusals: [404] },
    send: send => send('DELETE', 'nothing'),
  },
];

const TRANSFERS: readonly RequestKind[] = [
  {
    ...{ name: 'MOVE of a file', before: { a: OLD }, after: { b: OLD }, success: [201] },
    send: send => send('MOVE', 'a', { destination: 'b' }),
  },
  {
    ...{ name: 'MOVE of a file into a folder', before: { a: OLD, ...OTHER }, success: [201] },
    ...{ after: { ...OTHER, 't/a': OLD }, send: send => send('MOVE', 'a', { destination: 't/a' }) },
  },
  {
    ...{ name: 'MOVE over a file', before: { a: NEW, b: OLD }, after: { b: NEW }, success: [204] },
    send: send => send('MOVE', 'a', { destination: 'b' }),
  },
  {
    ...{ name: 'MOVE over a file that must stay', before: { a: NEW, b: OLD }, success: [], refusals: [412] },
    send: send => send('MOVE', 'a', { destination: 'b', headers: { overwrite: 'F' } }),
  },
  {
    ...{ name: 'MOVE of a folder', before: FOLDER, after: under('x'), success: [201] },
    send: send => send('MOVE', 'd/', { destination: 'x/' }),
  },
  {
    ...{ name: 'MOVE of a folder over a folder', before: { ...FOLDER, ...OTHER }, after: under('t'), success: [204] },
    send: send => send('MOVE', 'd/', { destination: 't/' }),
  },
  {
    ...{ name: 'MOVE of a folder over a file', before: { ...FOLDER, f: OLD }, after: under('f'), success: [204] },
    send: send => send('MOVE', 'd/', { destination: 'f' }),
  },
  {
    ...{ name: 'COPY of a file', before: { a: OLD }, after: { a: OLD, b: OLD }, success: [201] },
    send: send => send('COPY', 'a', { destination: 'b' }),
  },
  {
    ...{ name: 'COPY over a file', before: { a: NEW, b: OLD }, after: { a: NEW, b: NEW }, success: [204] },
    send: send => send('COPY', 'a', { destination: 'b' }),
  },
  {
    ...{ name: 'COPY of a folder', before: FOLDER, after: { ...FOLDER, ...under('x') }, success: [201] },
    send: send => send('COPY', 'd/', { destination: 'x/' }),
  },
  {
    ...{ name: 'COPY of a folder over a folder', before: { ...FOLDER, ...OTHER }, success: [204] },
    ...{ after: { ...FOLDER, ...under('t') }, send: send => send('COPY', 'd/', { destination: 't/' }) },
  },
  {
    ...{ name: 'COPY of a folder alone', before: FOLDER, after: { ...FOLDER, 'x/': '' }, success: [201] },
    send: send => send('COPY', 'd/', { destination: 'x/', headers: { depth: '0' } }),
  },
  {
    ...{ name: 'COPY of a file to another mailbox', before: { a: OLD }, after: { a: OLD, '@b': OLD }, success: [201] },
    send: send => send('COPY', 'a', { destination: '@b' }),
  },
  {
    ...{ name: 'MOVE of a file to another mailbox', before: { a: OLD }, after: { '@b': OLD }, success: [201] },
    send: send => send('MOVE', 'a', { destination: '@b' }),
  },
  {
    ...{ name: 'MOVE over a file of another mailbox', before: { a: NEW, '@b': OLD }, after: { '@b': NEW } },
    ...{ success: [204], send: send => send('MOVE', 'a', { destination: '@b' }) },
  },
  {
    ...{ name: 'MOVE of a folder to another mailbox', before: FOLDER, after: under('x', '@'), success: [201] },
    send: send => send('MOVE', 'd/', { destination: '@x/' }),
  },
];

const PROPERTIES_AND_LOCKS: readonly RequestKind[] = [
  {
    ...{ name: 'PROPPATCH of a dead property', before: { a: OLD }, success: [207] },
    send: send => send('PROPPATCH', 'a', { headers: XML, body: patch('<x:p xmlns:x="urn:x">v</x:p>') }),
  },
  {
    ...{ name: 'PROPPATCH of a time', before: { a: OLD }, success: [207] },
    send: send =>
      send('PROPPATCH', 'a', {
        headers: XML,
        body: patch(
          '<z:Win32LastModifiedTime xmlns:z="urn:schemas-microsoft-com:">Wed, 15 Nov 2023 00:00:00 GMT</z:Win32LastModifiedTime>',
        ),
      }),
  },
  {
    ...{ name: 'LOCK of a file', before: { a: OLD }, success: [200] },
    send: send => send('LOCK', 'a', { headers: XML, body: LOCK }),
  },
  {
    // An entry that another client seems to have made meanwhile is locked as it is: 200.
    ...{ name: 'LOCK of a free name', before: {}, after: { a: '' }, success: [201], refusals: [200] },
    send: send => send('LOCK', 'a', { headers: XML, body: LOCK }),
  },
];

const ALL: readonly RequestKind[] = [...READS, ...WRITES, ...TRANSFERS, ...PROPERTIES_AND_LOCKS, ...BROWSER_REQUESTS];
const WITH_OLD_TOKEN = [
  ...['GET of a file', 'PROPFIND of a folder', 'PUT over a file', 'MKCOL', 'DELETE of a file'],
  ...['MOVE over a file', 'COPY over a file'],
];

function withOldToken(name: string): RequestKind {
  const kind = ALL.find(each => each.name === name);
  if (kind === undefined) {
    throw new Error(`no kind of request is called ${name}`);
  }
  return { ...kind, name: `${name}, with an old token`, isTokenOld: true };
}

/** Every kind of request of the matrix. */
export const REQUESTS: readonly RequestKind[] = [...ALL, ...WITH_OLD_TOKEN.map(withOldToken)];
