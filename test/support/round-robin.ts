import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request as open,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** Where a server is now; undefined while it is down. */
export type Target = () => string | undefined;

export interface RoundRobin extends AsyncDisposable {
  readonly url: string;
  /** How many requests each target has got. */
  readonly shares: readonly number[];
}

export interface RoundRobinOptions {
  /** Whether a server is asked at `/-/readyz` before it gets a request, as load balancers do it from time to time. */
  readonly asksReadiness?: boolean;
}

/** Headers of one hop (RFC 9110 §7.6.1). */
const OF_ONE_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'trailer']);
/** Our server's own bound must be the one that refuses. */
const MAX_HEADER_BYTES = 128 * 1024;

/**
 * A reverse proxy in front of several servers: each request goes to the next one that is up, over a connection of its
 * own. A server that refuses the connection is passed over; nothing is sent twice. Bodies are passed on as they come,
 * headers as they are, so that the servers see the Host that the client has sent.
 */
export async function startRoundRobin(
  targets: readonly Target[],
  { asksReadiness = false }: RoundRobinOptions = {},
): Promise<RoundRobin> {
  const shares = targets.map(() => 0);
  let turn = 0;
  const next = async (): Promise<Socket | undefined> => {
    const first = turn;
    turn = (turn + 1) % targets.length;
    for (let step = 0; step < targets.length; step += 1) {
      const index = (first + step) % targets.length;
      const url = targets[index]!();
      const isWanted = url !== undefined && (!asksReadiness || (await isReady(url)));
      const socket = isWanted ? await connected(url) : undefined;
      if (socket !== undefined) {
        shares[index]! += 1;
        return socket;
      }
    }
    return undefined;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const socket = await next();
    if (socket === undefined) {
      request.resume();
      response.writeHead(502).end('no server is up');
    } else {
      pass(request, response, socket);
    }
  };
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 0 });
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    server.on(event, (request, response) => void handle(request, response));
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shares,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  // Not kept alive: a server that ends would have to close it.
  const answer = await fetch(`${url}/-/readyz`, { headers: { connection: 'close' } }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}

/** Resolves with undefined when nobody listens there. */
function connected(url: string): Promise<Socket | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise(resolve => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined));
  });
}

function pass(request: IncomingMessage, response: ServerResponse, socket: Socket): void {
  const { method, url } = request;
  const hasBody = 'content-length' in request.headers || 'transfer-encoding' in request.headers;
  const coded = 'transfer-encoding' in request.headers ? ['Transfer-Encoding', 'chunked'] : [];
  const headers = [...endToEnd(request.rawHeaders), ...coded, 'Connection', 'close'];
  const out = open({ method, path: url, headers, setHost: false, createConnection: () => socket });
  out.useChunkedEncodingByDefault = hasBody;
  out.on('continue', () => response.writeContinue());
  out.on('response', answer => passBack(answer, response));
  // An answer may come before the body has gone; what is left of it goes nowhere.
  out.on('close', () => request.unpipe(out).resume());
  out.on('error', () => tear(response));
  response.on('close', () => void (response.writableFinished || out.destroy()));
  sendBody(request, out, hasBody);
}

function sendBody(request: IncomingMessage, out: ClientRequest, hasBody: boolean): void {
  if (hasBody) {
    out.flushHeaders();
    request.pipe(out);
  } else {
    request.resume();
    out.end();
  }
}

function passBack(answer: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  response.writeHead(answer.statusCode!, answer.statusMessage, endToEnd(answer.rawHeaders));
  answer.pipe(response);
  answer.on('error', () => tear(response));
  answer.on('close', () => void (answer.complete || tear(response)));
}

/** The client sees that the answer has not come whole. */
function tear(response: ServerResponse): void {
  response.destroy();
}

function endToEnd(raw: readonly string[]): string[] {
  return raw.filter((_, at) => !OF_ONE_HOP.has(raw[at - (at % 2)]!.toLowerCase()));
}
