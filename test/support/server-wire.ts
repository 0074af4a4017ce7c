import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { finished, pipeline } from 'node:stream';
import { listen } from './download-proxy.ts';

/** What happens to a request on its way. */
export type WireEnd =
  /** It reaches the server, whose answer reaches the client. */
  | 'pass'
  /** It reaches the server, which does it; the client's connection breaks in the middle of the answer. */
  | 'cut-answer'
  /** As `cut-answer`, but before the answer begins. */
  | 'lose-answer'
  /** Somebody between client and server answers. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

/** Decides for each request, as soon as its head is there; the request waits meanwhile. */
export type WireRule = (request: { readonly method: string; readonly target: string }) => WireEnd | Promise<WireEnd>;

/** A reverse proxy in front of a server: what it does wrong, a browser meets on the wire, and no driver has a part in it. */
export interface ServerWire extends AsyncDisposable {
  /** The server's URL as clients of the proxy have it, without a slash at its end. */
  readonly url: string;
  /** Undefined: everything passes. */
  rule: WireRule | undefined;
}

/** `server`: asked for its URL at each request, because a restart changes it. */
export async function openServerWire(server: { readonly url: string }): Promise<ServerWire> {
  const wire: { rule: WireRule | undefined } = { rule: undefined };
  const { url, stop } = await listen(
    createServer(async (request, response) => {
      const [method, target] = [request.method!, request.url!];
      const end = (await wire.rule?.({ method, target })) ?? 'pass';
      if (typeof end === 'object') {
        answer(request, response, end);
      } else {
        pass(request, response, { url: server.url, end });
      }
    }),
  );
  const seen = new URL(server.url);
  seen.port = new URL(url).port;
  return Object.assign(wire, { url: seen.href.replace(/\/$/, ''), [Symbol.asyncDispose]: stop });
}

/** Reads the request first: a client that still sends may not see an answer. */
function answer(request: IncomingMessage, response: ServerResponse, { status, headers, body }: WireEnd & object): void {
  request.resume().on('end', () => response.writeHead(status, headers).end(body));
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  { url, end }: { readonly url: string; readonly end: WireEnd & string },
): void {
  const { hostname, port } = new URL(url);
  const { method, url: path, rawHeaders: headers } = request;
  // Whoever gives up before the rule has decided leaves nothing to pass on.
  if (request.destroyed) {
    return;
  }
  const upstream = send({ hostname, port, method, path, headers, agent: false }, received => {
    if (end === 'pass') {
      response.writeHead(received.statusCode!, received.statusMessage, received.rawHeaders);
      pipeline(received, response, () => {});
      return;
    }
    received.resume().on('end', () => {
      if (end === 'cut-answer') {
        request.socket.write('HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nstored');
      }
      request.socket.destroySoon();
    });
  });
  upstream.on('error', () => response.destroy());
  finished(response, () => upstream.destroy());
  request.pipe(upstream);
}
