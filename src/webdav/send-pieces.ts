import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { withTurns } from '../lib/with-turns.ts';
import { compress, createCompressor, MIN_COMPRESSED_BYTES } from './compression.ts';
import { acceptedCoding } from './headers/accept-encoding.ts';
import type { Answer } from './kept-answers.ts';
import type { RequestPart } from './request.ts';

export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Is handed the answer if it goes out in one piece. */
  readonly keep?: ((answer: Answer) => void) | undefined;
}

type Pieces = Iterator<string> | AsyncIterator<string>;

/**
 * Sends the head alone, for HEAD. It leaves out the coding and the length of a body that is not made (RFC 9110 §9.3.2).
 */
export function sendHeadOfPieces(
  { services }: RequestPart<never, 'compresses'>,
  response: ServerResponse,
  { status, headers }: Head,
): void {
  response.writeHead(status, { ...headers, ...(services.compresses ? codingHeaders(headers, undefined) : {}) }).end();
}

/**
 * Sends a text that is rendered in pieces, compressed where the client accepts that. A single piece, the usual case,
 * goes out in one write with its length.
 */
export async function sendPieces(
  request: RequestPart<'raw', 'compresses'>,
  response: ServerResponse,
  head: Head,
  pieces: Pieces,
): Promise<void> {
  const first = (await pieces.next()).value ?? '';
  const second = await pieces.next();
  if (second.done) {
    await sendWhole(request, response, head, first);
  } else {
    await stream(request, response, head, chain([first, second.value], pieces));
  }
}

async function sendWhole(
  { raw, services }: RequestPart<'raw', 'compresses'>,
  response: ServerResponse,
  { status, headers, keep }: Head,
  text: string,
): Promise<void> {
  const send = (answer: Answer) => {
    keep?.(answer);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const length = Buffer.byteLength(text);
  if (length < MIN_COMPRESSED_BYTES || !services.compresses) {
    send({ status, headers: { ...headers, 'Content-Length': String(length) }, body: text });
    return;
  }
  const coding = acceptedCoding(raw);
  const body = coding === undefined ? text : await compress[coding](text);
  const size = { 'Content-Length': String(coding === undefined ? length : body.length) };
  send({ status, headers: { ...headers, ...codingHeaders(headers, coding), ...size }, body });
}

async function stream(
  { raw, services }: RequestPart<'raw', 'compresses'>,
  response: ServerResponse,
  { status, headers }: Head,
  pieces: AsyncIterable<string>,
): Promise<void> {
  const coding = services.compresses ? acceptedCoding(raw) : undefined;
  response.writeHead(status, { ...headers, ...(services.compresses ? codingHeaders(headers, coding) : {}) });
  const body = Readable.from(withTurns(pieces));
  await (coding === undefined ? pipeline(body, response) : pipeline(body, createCompressor[coding](), response));
}

function codingHeaders({ Vary }: Head['headers'], coding: string | undefined): Record<string, string> {
  const vary = { Vary: Vary === undefined ? 'Accept-Encoding' : `${Vary}, Accept-Encoding` };
  return coding === undefined ? vary : { ...vary, 'Content-Encoding': coding };
}

async function* chain(first: readonly string[], rest: Pieces): AsyncGenerator<string> {
  yield* first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    yield next.value;
  }
}
