/**
 * A download proxy for onedrive-webdav: it takes the signed URLs to which the server sends clients, asks the server where the file is, and
 * streams it from there. Web standards only, so that this file is a Cloudflare Worker as it is; serve.js runs it on Node.
 */

/** Players come back for each seek. A revoked URL is found out when it is used; a file that was replaced by another must not linger. */
const KEEP_MS = 60_000;
const MAX_KEPT = 1_000;
/** To the first byte of an answer; a body may take as long as it takes. The server waits for Microsoft and repeats what was throttled. */
const PATIENCE_MS = 60_000;
/** What a pre-authenticated URL answers that has expired or was revoked. */
const STALE_STATUSES = [401, 403, 404];
/** Base64url of 32 bytes with its padding: the last letter holds four bits, so that there is one spelling only. Then the time of expiry. */
const SIGNATURE = /^([\w-]{42}[AEIMQUYcgkosw048]=):(\d{1,15})$/;

/** Of a file's answer, all that clients need; whatever else the content host says stays here, its cookies above all. */
const PASSED_HEADERS = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'Content-Type',
  'ETag',
  'Last-Modified',
];
/** Files are other people's: a browser must neither guess their type nor run what is in them in this origin, and nobody may keep them. */
const SAFETY = {
  'Cache-Control': 'private, no-store',
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};
const PREFLIGHT = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': 'Range, If-Range',
  'Access-Control-Max-Age': '86400',
};
const EXPOSED_HEADERS = [...PASSED_HEADERS, 'Retry-After'].join(', ');

/** What the server's refusals become. Its 401 is about our key, which is no business of the client's: a browser would ask for a password. */
const LINK_REFUSALS = {
  400: [400, 'there is no file at this path'],
  401: [502, 'the WebDAV server does not accept the first of KEYS'],
  403: [403, 'the WebDAV server does not give this file out'],
  404: [404, 'there is no such file'],
  409: [409, 'this file is in the WebDAV server itself, not in OneDrive'],
  429: [503, 'the WebDAV server asks this proxy to wait: it is asked too much, or has been sent wrong keys'],
  503: [503, 'the WebDAV server cannot reach OneDrive now'],
  504: [504, 'OneDrive does not answer the WebDAV server'],
};

/** Where files are, by server and path, the longest unused first. */
const kept = new Map();

/** An answer other than a file. `detail` is for the log only. */
class Refusal extends Error {
  constructor(status, message, { headers = {}, detail } = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.detail = detail;
  }
}

export default {
  /** Workers hand over a context of their own as the third; it has neither of these. */
  async fetch(request, env, { now = Date.now, log = console.error } = {}) {
    try {
      return await answer(request, { ...readSettings(env), now });
    } catch (error) {
      return refuse(request, error instanceof Refusal ? error : unforeseen(error), log);
    }
  },
};

async function answer(request, settings) {
  if (request.method === 'OPTIONS' && request.headers.has('Origin')) {
    return new Response(null, { status: 204, headers: PREFLIGHT });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new Refusal(405, 'only GET and HEAD are served', { headers: { Allow: 'GET, HEAD, OPTIONS' } });
  }
  const path = await readSignedPath(new URL(request.url), settings);
  const upstream = await openFile(path, request, settings);
  return request.method === 'HEAD' ? sendHead(request, upstream) : sendFile(request, upstream);
}

function readSettings({ ADDRESS = '', KEYS = '', ALLOW_HTTP }) {
  const keys = KEYS.split(',')
    .map(key => key.trim())
    .filter(key => key !== '');
  if (ADDRESS === '' || keys.length === 0) {
    throw new Refusal(500, 'the proxy is not set up: it needs ADDRESS and KEYS');
  }
  return { address: ADDRESS.replace(/\/+$/, ''), keys, allowsHttp: ALLOW_HTTP === '1' };
}

/** The path that the server has signed, decoded. */
async function readSignedPath(url, { keys, now }) {
  const path = decodePath(url.pathname);
  const signatures = url.searchParams.getAll('sign');
  const [, hash, expires] = (signatures.length === 1 && SIGNATURE.exec(signatures[0])) || [];
  if (path === undefined || hash === undefined || !(await isSigned(`${path}:${expires}`, hash, keys))) {
    throw new Refusal(403, 'the WebDAV server has not signed this URL');
  }
  // 410 would be right too, but programs that sync take it for a deleted file.
  if (expires !== '0' && Number(expires) < Math.floor(now() / 1000)) {
    throw new Refusal(403, 'this URL has expired; ask the WebDAV server for the file again');
  }
  return path;
}

/** Decoded once, name by name; undefined for what the server never signs. `URL` has resolved dot segments before, encoded ones too. */
function decodePath(pathname) {
  try {
    const names = pathname.slice(1).split('/').map(decodeURIComponent);
    const isOdd = name => name === '' || /[/\\\u0000-\u001f\u007f]/.test(name);
    return names.some(isOdd) ? undefined : `/${names.join('/')}`;
  } catch {
    return undefined;
  }
}

/** `verify` takes the same time for every wrong signature, and each key is tried, so that the time does not tell which of them fits. */
async function isSigned(text, hash, keys) {
  const signature = Uint8Array.from(atob(hash.replaceAll('-', '+').replaceAll('_', '/')), letter =>
    letter.charCodeAt(0),
  );
  const fits = await Promise.all(keys.map(key => isSignedWith(encode(key), signature, encode(text))));
  return fits.includes(true);
}

async function isSignedWith(secret, signature, data) {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  return crypto.subtle.verify('HMAC', key, signature, data);
}

function encode(text) {
  return new TextEncoder().encode(text);
}

/** The answer that holds the file, or the range of it. A stale URL is replaced once. */
async function openFile(path, request, settings) {
  const place = `${settings.address} ${path}`;
  let upstream = await askContentHost(place, await resolve(place, path, request, settings), request);
  if (STALE_STATUSES.includes(upstream.status)) {
    await discard(place, upstream);
    // The server remembers URLs, too.
    upstream = await askContentHost(
      place,
      await resolve(place, path, request, { ...settings, refresh: true }),
      request,
    );
  }
  const isPart = upstream.status === 206;
  const isWanted = isPart ? request.method === 'HEAD' || request.headers.has('Range') : upstream.status === 200;
  // The runtime has unpacked what was packed against our wish; the bytes of a part are then not those that were asked for.
  const isMangled = isPart && upstream.headers.has('Content-Encoding');
  if ((isWanted && !isMangled) || isEmptyFile(request, upstream)) {
    return upstream;
  }
  await discard(place, upstream);
  throw refusalOf(upstream);
}

/** The first byte of an empty file cannot be had. */
function isEmptyFile(request, { status, headers }) {
  return request.method === 'HEAD' && status === 416 && headers.get('Content-Range') === 'bytes */0';
}

/** The pre-authenticated URL of the file. */
async function resolve(place, path, request, settings) {
  const known = kept.get(place);
  kept.delete(place);
  if (known !== undefined && known.until > settings.now()) {
    kept.set(place, known);
    return known.url;
  }
  const url = await askServer(path, request, settings);
  const protocol = URL.parse(url)?.protocol;
  if (protocol !== 'https:' && !(protocol === 'http:' && settings.allowsHttp)) {
    throw new Refusal(502, 'the WebDAV server gave an address that is not https');
  }
  kept.set(place, { url, until: settings.now() + KEEP_MS });
  if (kept.size > MAX_KEPT) {
    kept.delete(kept.keys().next().value);
  }
  return url;
}

async function askServer(path, request, { address, keys, refresh }) {
  const { status, headers, text } = await within(request, 'the WebDAV server', async signal => {
    const response = await fetch(`${address}/api/fs/link`, {
      method: 'POST',
      headers: { Authorization: keys[0], 'Content-Type': 'application/json' },
      body: JSON.stringify({ path, refresh }),
      redirect: 'manual',
      signal,
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  });
  const { code = status, data } = parseEnvelope(text);
  if (status === 200 && code === 200 && typeof data?.url === 'string') {
    return data.url;
  }
  // Where the status is 200 whatever happens, as with OpenList, the code counts.
  const [answer, message] = LINK_REFUSALS[status === 200 ? code : status] ?? [502, 'the WebDAV server gave no link'];
  throw new Refusal(answer, message, { headers: retryAfter(headers), detail: `it answered ${status}` });
}

function parseEnvelope(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Asks for the file with nothing of the client's but the range. Hosts that refuse HEAD are asked for one byte. */
async function askContentHost(place, url, request) {
  const given = name => (request.headers.has(name) ? { [name]: request.headers.get(name) } : {});
  const range = request.method === 'HEAD' ? { Range: 'bytes=0-0' } : { ...given('Range'), ...given('If-Range') };
  // Packed bytes would not be those that the length and the range are about.
  const headers = { Accept: '*/*', 'Accept-Encoding': 'identity', ...range };
  try {
    // A redirect is not followed: it could lead anywhere, into the proxy's own network too.
    return await within(request, 'OneDrive', signal => fetch(url, { headers, redirect: 'manual', signal }));
  } catch (error) {
    kept.delete(place);
    throw error;
  }
}

/** Runs `call` as long as the client waits, and not for ever. */
async function within(request, who, call) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    return await call(AbortSignal.any([request.signal, patience.signal]));
  } catch (error) {
    if (request.signal.aborted) {
      throw new Refusal(499, 'the client is gone');
    }
    // The message of an error may hold the URL; its code does not.
    const detail = error.cause?.code ?? error.name;
    throw patience.signal.aborted
      ? new Refusal(504, `${who} does not answer`, { detail })
      : new Refusal(502, `${who} cannot be reached`, { detail });
  } finally {
    clearTimeout(timer);
  }
}

/** Gives up an answer of the content host, and the URL that led to it. */
async function discard(place, upstream) {
  kept.delete(place);
  await upstream.body?.cancel();
}

function refusalOf({ status, headers }) {
  if (status === 416) {
    const range = headers.get('Content-Range');
    return new Refusal(416, 'the range lies outside of the file', { headers: range && { 'Content-Range': range } });
  }
  const detail = `it answered ${status}`;
  // 503 for a 429: it is not the client that has asked too much, and the WebDAV server says 503 as well.
  return status === 429 || status === 503
    ? new Refusal(503, 'OneDrive is asked too much', { headers: retryAfter(headers), detail })
    : new Refusal(502, 'OneDrive gave no file', { detail });
}

function retryAfter(headers) {
  const value = headers.get('Retry-After');
  return value === null ? {} : { 'Retry-After': value };
}

/** The body is passed on untouched: the runtime then sees to its length, to a broken transfer, and to a client that goes. */
function sendFile(request, upstream) {
  return new Response(upstream.body, { status: upstream.status, headers: fileHeaders(request, upstream) });
}

/** What GET would answer, told from the answer for one byte. */
async function sendHead(request, upstream) {
  const headers = fileHeaders(request, upstream);
  const size = /\/(\d+)$/.exec(headers.get('Content-Range') ?? '')?.[1];
  headers.delete('Content-Range');
  if (upstream.status !== 200) {
    headers.delete('Content-Length');
  }
  if (size !== undefined) {
    headers.set('Content-Length', size);
  }
  await upstream.body?.cancel();
  return new Response(null, { status: 200, headers });
}

function fileHeaders(request, { headers }) {
  const passed = PASSED_HEADERS.filter(name => headers.has(name)).map(name => [name, headers.get(name)]);
  const result = new Headers([...passed, ...Object.entries({ ...SAFETY, ...forBrowser(request) })]);
  if (headers.has('Content-Encoding')) {
    // It was of the packed bytes.
    result.delete('Content-Length');
  }
  return result;
}

/** Whoever has the URL may read the file, and no cookie or password counts here; so every page may. */
function forBrowser(request) {
  return request.headers.has('Origin')
    ? { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': EXPOSED_HEADERS }
    : {};
}

/** Says why, with a status that no client takes for a file. */
function refuse(request, { status, message, headers, detail }, log) {
  if (status >= 500) {
    log(`${status}: ${message}${detail === undefined ? '' : ` (${detail})`}`);
  }
  return new Response(request.method === 'HEAD' ? null : `${message}\n`, {
    status,
    headers: { ...SAFETY, ...forBrowser(request), 'Content-Type': 'text/plain; charset=utf-8', ...headers },
  });
}

function unforeseen(error) {
  return new Refusal(500, 'the proxy failed', { detail: error?.name });
}
