import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { now } from './exchange.ts';
import type { WireFault } from './faults.ts';
import type { Timers } from './timers.ts';

export interface WireContext {
  readonly exchange: Exchange;
  readonly response: ServerResponse;
  readonly timers: Timers;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
}

interface Spoilt {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** Reads the request before a fault that prevents it. Returns false when the connection was destroyed. */
export async function readBeforeFault({ exchange, response }: WireContext, fault: WireFault): Promise<boolean> {
  if (fault.reset === 'before' && fault.done === 'no') {
    response.destroy();
    return false;
  }
  const limit = fault.resetInRequest;
  if (limit !== undefined) {
    await readRequest(exchange, limit);
    response.destroy();
    return false;
  }
  if (fault.done === 'no' && fault.stall !== 'before') {
    await readRequest(exchange, Number.POSITIVE_INFINITY);
  }
  return true;
}

/** Sends an answer changed by the fault; `answer` is undefined when the request was not carried out. */
export async function sendSpoilt(context: WireContext, fault: WireFault, answer: Answer | undefined): Promise<void> {
  const { response, gone } = context;
  if (fault.reset === 'before') {
    response.destroy();
    return;
  }
  if (fault.stall === 'before') {
    await untilGone(gone);
    return;
  }
  const spoilt = await spoil(context, fault, answer);
  response.writeHead(spoilt.status, spoilt.headers);
  if (fault.lengthOff !== undefined) {
    response.once('finish', () => context.exchange.request.socket.end());
  }
  if (fault.reset !== undefined || fault.stall !== undefined) {
    await sendPart(context, spoilt.body, fault);
    return;
  }
  await sendBody(context, spoilt.body, fault);
}

async function readRequest({ request }: Exchange, limit: number): Promise<void> {
  let bytes = 0;
  // No `break` here: it would destroy the request and with it the answer's connection.
  const iterator = request[Symbol.asyncIterator]();
  while (bytes < limit) {
    const { done, value } = await iterator.next();
    if (done) {
      return;
    }
    bytes += value.length;
  }
}

async function spoil({ exchange }: WireContext, fault: WireFault, answer: Answer | undefined): Promise<Spoilt> {
  const whole = fault.body === undefined ? await collect(answer?.body) : Buffer.from(fault.body);
  const body = alter(whole, fault);
  const status = fault.status ?? answer?.status ?? 200;
  const mayHaveBody = status !== 204 && status !== 304;
  const headers: Record<string, string | null> = {
    ...answer?.headers,
    ...(fault.body === undefined ? {} : { 'content-type': null, etag: null, 'content-range': null }),
    date: new Date(now(exchange)).toUTCString(),
    'content-length': mayHaveBody ? String(body.length + (fault.lengthOff ?? 0)) : null,
    ...(fault.coding === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
    ...(fault.retryAfterDate === undefined ? {} : { 'retry-after': dateIn(exchange, fault.retryAfterDate) }),
    ...fault.headers,
  };
  const kept = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  return { status, headers: Object.fromEntries(kept), body: mayHaveBody ? body : Buffer.alloc(0) };
}

function alter(whole: Buffer, { corrupt, coding, truncateTo, lengthOff = 0 }: WireFault): Buffer {
  const other = corrupt ? Buffer.from(whole.map(byte => byte ^ 0x15)) : whole;
  const coded = coding === undefined ? other : gzipSync(other);
  const cut = truncateTo === undefined ? coded : coded.subarray(0, Math.floor(coded.length * truncateTo));
  // A length must not be negative.
  return lengthOff < 0 && cut.length < -lengthOff ? Buffer.concat([cut, Buffer.alloc(-lengthOff - cut.length)]) : cut;
}

async function collect(body: Answer['body']): Promise<Buffer> {
  if (body === undefined || Buffer.isBuffer(body)) {
    return body ?? Buffer.alloc(0);
  }
  return Buffer.concat(await Array.fromAsync(body));
}

function dateIn(exchange: Exchange, seconds: number): string {
  return new Date(now(exchange) + seconds * 1000).toUTCString();
}

async function sendPart({ response, gone }: WireContext, body: Buffer, { reset, stall }: WireFault): Promise<void> {
  const stop = reset ?? stall;
  const part = typeof stop === 'object' ? body.subarray(0, stop.afterBytes) : Buffer.alloc(0);
  response.flushHeaders();
  if (part.length > 0 && !gone.aborted) {
    await write(response, part);
  }
  if (stall !== undefined) {
    await untilGone(gone);
    return;
  }
  // Bytes still buffered in the connection would be lost with it.
  await new Promise<void>(resolve => setImmediate(resolve));
  response.destroy();
}

async function sendBody({ response, timers, gone }: WireContext, body: Buffer, { trickle }: WireFault): Promise<void> {
  if (trickle === undefined) {
    response.end(body);
    return;
  }
  for (let start = 0; start < body.length && !gone.aborted; start += trickle.bytes) {
    await timers.sleep(trickle.everyMs, gone);
    await write(response, body.subarray(start, start + trickle.bytes));
  }
  response.end();
}

function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => response.write(bytes, error => (error ? reject(error) : resolve())));
}

function untilGone(gone: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (gone.aborted) {
      resolve();
    }
    gone.addEventListener('abort', () => resolve(), { once: true });
  });
}
