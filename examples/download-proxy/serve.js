/** Runs proxy.js on Node 24 or newer, without packages. See README.md. */
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import proxy from './proxy.js';

/** Of silence on a connection: a client that reads no more holds one of OneDrive's as well. */
const IDLE_MS = 300_000;

/** An HTTP server, not listening yet. `parts` are the clock and the log of tests. */
export function createProxyServer(env, parts) {
  const server = createServer((request, response) => {
    // The answer has begun: all that is left to say is that it does not end well.
    serve(request, response, { env, parts }).catch(() => response.destroy());
  });
  server.timeout = IDLE_MS;
  return server;
}

async function serve(request, response, { env, parts }) {
  const client = new AbortController();
  response.once('close', () => client.abort());
  const { status, headers, body } = await proxy.fetch(toWebRequest(request, client.signal), env, parts);
  response.writeHead(status, Object.fromEntries(headers));
  // Takes no more from OneDrive than the client takes, and ends the one when the other ends.
  await pipeline(body === null ? Readable.from([]) : Readable.fromWeb(body), response);
}

function toWebRequest({ method, url, headers }, signal) {
  // RFC 9112 section 3.2.2: the whole URL may stand in the request line.
  const target = url.replace(/^https?:\/\/[^/?]*/i, '');
  const known = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  // `Request` throws for these; they are refused like every method that is not served.
  const isForbidden = /^(CONNECT|TRACE|TRACK)$/.test(method);
  return new Request(`http://proxy.invalid${isPlain(target) ? target : '/'}`, {
    method: isForbidden ? 'POST' : method,
    headers: known,
    signal,
  });
}

/** `URL` takes dot segments and backslashes away before anybody sees them. No signature is for such a path, nor for `/`. */
function isPlain(target) {
  const path = target.split('?', 1)[0];
  const parsed = URL.parse(`http://proxy.invalid${path}`)?.pathname ?? '';
  return parsed.split('/').length === path.split('/').length;
}

function start({ ADDRESS, KEYS, ALLOW_HTTP, HOST = '127.0.0.1', PORT = '8090' }) {
  const address = URL.parse(ADDRESS ?? '');
  if (!/^https?:$/.test(address?.protocol ?? '') || address.username !== '' || !KEYS?.trim()) {
    console.error('set ADDRESS to the URL of the WebDAV server, without a name and a password, and KEYS to its keys');
    process.exitCode = 1;
    return;
  }
  const server = createProxyServer({ ADDRESS, KEYS, ALLOW_HTTP });
  server.listen(Number(PORT), HOST, () => {
    const host = HOST.includes(':') ? `[${HOST}]` : HOST;
    console.log(`download proxy on http://${host}:${server.address().port} for ${address.href}`);
  });
  // Downloads may end; a second signal ends them.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => server.close());
  }
}

if (import.meta.main) {
  start(process.env);
}
