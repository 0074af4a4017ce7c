import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { corsHeaders } from './cors.ts';
import type { Exchange, Reply } from './exchange.ts';
import { LOGIN_OPERATIONS } from './faults.ts';
import { isContentOperation } from './latency.ts';

const HTML = 'text/html; charset=utf-8';
const JSON_OF_GRAPH =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';
/** The front end that answered (Graph docs, samples of troubleshooting). */
const DIAGNOSTIC = JSON.stringify({
  ServerInfo: { DataCenter: 'Emulator', Slice: 'E', Ring: '0', ScaleUnit: '000', RoleInstance: 'EM000000' },
});

/** A reply with complete headers. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer | AsyncIterable<Uint8Array> | undefined;
}

/** Completes a reply; ids, version and diagnostics are on every answer of Graph. */
export function renderAnswer(exchange: Exchange, reply: Reply, operation: string): Answer {
  const { clock, ids } = exchange.world.settings;
  const { body, type } = encodeBody(reply);
  const requestId = reply.headers?.['request-id'] ?? ids();
  const isEmpty = body === undefined && reply.stream === undefined;
  const clientRequestId = exchange.request.headers['client-request-id'];
  const isGraph = !LOGIN_OPERATIONS.includes(operation) && !isContentOperation(operation);
  return {
    status: reply.status,
    headers: {
      'request-id': requestId,
      ...corsHeaders(exchange),
      // By the emulator's clock, so that a client can notice that its own is wrong.
      date: new Date(clock.now()).toUTCString(),
      ...(isGraph
        ? {
            'client-request-id': typeof clientRequestId === 'string' ? clientRequestId : requestId,
            'odata-version': '4.0',
            'x-ms-ags-diagnostic': DIAGNOSTIC,
          }
        : {}),
      ...(body === undefined ? {} : { 'content-type': type, 'content-length': String(body.length) }),
      ...(isEmpty && reply.status !== 204 && reply.status !== 304 ? { 'content-length': '0' } : {}),
      ...reply.headers,
    },
    body: body ?? reply.stream,
  };
}

/** Sends an answer; with `cutAfter`, sends only that many bytes of the body and then cuts the connection. */
export async function sendAnswer(
  exchange: Exchange,
  response: ServerResponse,
  { answer, cutAfter }: { answer: Answer; cutAfter: number | undefined },
): Promise<void> {
  const { body } = answer;
  response.writeHead(answer.status, answer.headers);
  if (!exchange.request.complete) {
    // A refused body is not read to its end; the client gets the answer, then the connection closes.
    response.once('finish', () => exchange.request.socket.end());
  }
  if (body === undefined || exchange.request.method === 'HEAD') {
    response.end();
    return;
  }
  if (Buffer.isBuffer(body)) {
    response.end(body);
    return;
  }
  if (cutAfter !== undefined) {
    await sendPart(response, body, cutAfter);
    return;
  }
  await pipeline(Readable.from(body, { objectMode: false }), response);
}

function encodeBody({ json, html }: Reply): { body: Buffer | undefined; type: string } {
  const isPage = html !== undefined;
  const text = isPage ? html : json === undefined ? undefined : JSON.stringify(json);
  return { body: text === undefined ? undefined : Buffer.from(text), type: isPage ? HTML : JSON_OF_GRAPH };
}

/** Sends the first `bytes` of a body to the last of them, and cuts the connection. A shorter body is sent whole. */
async function sendPart(response: ServerResponse, stream: AsyncIterable<Uint8Array>, bytes: number): Promise<void> {
  let left = bytes;
  for await (const chunk of stream) {
    // Bytes still buffered in the connection would be lost with it.
    await new Promise<void>((resolve, reject) =>
      response.write(chunk.subarray(0, left), error => (error ? reject(error) : resolve())),
    );
    left -= chunk.length;
    if (left <= 0) {
      response.destroy();
      return;
    }
  }
  response.end();
}
