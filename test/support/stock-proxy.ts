import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { pipeline } from 'node:stream';
import { listen } from './download-proxy.ts';

/** The settings of such a proxy. */
export interface StockProxySettings {
  /** The server's URL, without a slash at its end. */
  address: string;
  token: string;
}

/** An answer of `/api/fs/link`, as the peers' proxies read it. */
interface LinkAnswer {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly url: string; readonly header: Record<string, string[]> | null } | null;
}

/**
 * A stand-in for the download proxies of AList and OpenList, made from the description of their behaviour on the wire,
 * faults included: all headers of the client go on to the file's host, and every failure is a JSON text with the status
 * 200.
 */
export async function startStockProxy(settings: StockProxySettings): Promise<{ url: string; stop(): Promise<void> }> {
  return listen(
    createServer((request, response) => {
      serve(request, response, settings).catch((error: Error) => fail(response, 500, error.message));
    }),
  );
}

async function serve(request: IncomingMessage, response: ServerResponse, settings: StockProxySettings): Promise<void> {
  const { pathname, searchParams } = new URL(request.url!, 'http://proxy');
  const path = decodeURIComponent(pathname);
  const objection = objectionTo(path, searchParams.get('sign') ?? '', settings.token);
  if (objection !== undefined) {
    fail(response, 401, objection);
    return;
  }
  const { code, message, data } = await askLink(path, settings);
  if (code !== 200) {
    fail(response, code, message);
    return;
  }
  forward(request, response, data!);
}

function objectionTo(path: string, sign: string, token: string): string | undefined {
  const expires = sign.split(':').at(-1)!;
  if (expires === '') {
    return 'expire missing';
  }
  if (!/^\d+$/.test(expires)) {
    return 'expire invalid';
  }
  if (expires !== '0' && Number(expires) < Date.now() / 1000) {
    return 'expire expired';
  }
  const hash = createHmac('sha256', token).update(`${path}:${expires}`).digest('base64');
  return sign === `${hash.replace(/\+/g, '-').replace(/\//g, '_')}:${expires}` ? undefined : 'sign mismatch';
}

async function askLink(path: string, { address, token }: StockProxySettings): Promise<LinkAnswer> {
  const response = await fetch(`${address}/api/fs/link`, {
    method: 'POST',
    headers: { Authorization: token, 'Content-Type': 'application/json;charset=UTF-8' },
    body: JSON.stringify({ path }),
  });
  // The status is ignored: the peers' servers always say 200.
  return (await response.json()) as LinkAnswer;
}

function forward(request: IncomingMessage, response: ServerResponse, { url, header }: NonNullable<LinkAnswer['data']>) {
  const { host: _host, ...headers } = request.headers;
  const upstream = send(url, { method: request.method, headers: { ...headers, ...header } }, answer => {
    const { 'set-cookie': _cookie, ...passed } = answer.headers;
    response.writeHead(answer.statusCode!, { ...passed, 'access-control-allow-origin': '*' });
    pipeline(answer, response, () => {});
  });
  upstream.on('error', error => fail(response, 500, error.message));
  upstream.end();
}

function fail(response: ServerResponse, code: number, message: string): void {
  response.writeHead(200, { 'content-type': 'application/json;charset=UTF-8' }).end(JSON.stringify({ code, message }));
}
