import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { corsHeaders } from './cors.ts';
import type { Exchange, Reply, World } from './exchange.ts';
import { type CallRecord, type ErrorFault, type Fault, type FaultScript, LOGIN_OPERATIONS } from './faults.ts';
import { errorBody, GraphFault } from './graph-error.ts';
import type { Route } from './route.ts';
import { route } from './router.ts';
import { renderRefusal } from './token-refusal.ts';

const HTML = 'text/html; charset=utf-8';
const JSON_OF_GRAPH =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';
/** Answers requests: finds the operation, runs it, renders what it returns or throws. */
export class Responder {
  readonly calls: CallRecord[] = [];
  active = 0;
  readonly #world: World;
  #fault: FaultScript | undefined;

  constructor(world: World) {
    this.#world = world;
    world.answer = exchange => this.#answerInner(exchange);
  }

  setFault(script: FaultScript | undefined): void {
    this.#fault = script;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.active += 1;
    this.#answer(request, response)
      // The client is gone, or the answer broke half-way: either way there is nobody to tell.
      .catch(() => response.destroy())
      .finally(() => {
        this.active -= 1;
      });
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = readExchange(this.#world, request);
    const found = route(exchange);
    const call = this.#record(exchange, found);
    this.#watch(exchange, found.operation);
    const fault = this.#fault?.(found.operation, call);
    if (fault !== undefined && 'cut' in fault && fault.afterBytes === undefined) {
      response.destroy();
      return;
    }
    if (fault !== undefined && 'delayUntil' in fault) {
      await fault.delayUntil;
    }
    if (this.#world.settings.latencyMs > 0) {
      await delay(this.#world.settings.latencyMs);
    }
    const reply = await this.#reply(exchange, found, fault);
    call.status = reply.status;
    const cutAfter = fault !== undefined && 'cut' in fault ? fault.afterBytes : undefined;
    await send(exchange, response, { reply, cutAfter });
  }

  /** For a request without a connection of its own; faults that need one do not befall it. */
  async #answerInner(exchange: Exchange): Promise<Reply> {
    const found = route(exchange);
    const call = this.#record(exchange, found);
    this.#watch(exchange, found.operation);
    const fault = this.#fault?.(found.operation, call);
    const reply = await this.#reply(exchange, found, fault);
    call.status = reply.status;
    return reply;
  }

  async #reply(exchange: Exchange, found: Route, fault: Fault | undefined): Promise<Reply> {
    try {
      if (fault !== undefined && 'status' in fault) {
        return this.#faultReply(exchange, found, fault);
      }
      const reply = await found.run();
      if (fault !== undefined && 'after' in fault) {
        throw new GraphFault('serviceNotAvailable', 'The service is not available.', fault.after);
      }
      return reply;
    } catch (error) {
      return this.#renderError(exchange, error);
    }
  }

  #faultReply(exchange: Exchange, { operation }: Route, fault: ErrorFault): Reply {
    const { status, message = 'A scripted fault.', retryAfter, html, aadsts = 90033 } = fault;
    const { clock, ids } = this.#world.settings;
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    if (html !== undefined) {
      return { status, headers, html };
    }
    if (operation === 'token') {
      const { error = 'temporarily_unavailable' } = fault;
      return { ...renderRefusal({ code: aadsts, error, status, text: message }, clock.now(), ids), headers };
    }
    if (retryAfter !== undefined) {
      this.#world.strict.throttled(clock.now() + Number(retryAfter) * 1000);
    }
    const graphError = new GraphFault('serviceNotAvailable', message, {
      status,
      innerCode: fault.innerCode,
      headers,
    });
    const code = fault.code ?? (status === 429 ? 'activityLimitReached' : graphError.code);
    return this.#renderError(exchange, Object.assign(graphError, { code }));
  }

  #renderError(exchange: Exchange, error: unknown): Reply {
    if (!(error instanceof GraphFault)) {
      throw error;
    }
    const { settings } = this.#world;
    const requestId = settings.ids();
    const clientRequestId = String(exchange.request.headers['client-request-id'] ?? requestId);
    return {
      status: error.status,
      headers: { 'request-id': requestId, 'client-request-id': clientRequestId, ...error.headers },
      json: errorBody(error, { requestId, clientRequestId, now: settings.clock.now() }),
    };
  }

  #record({ request, host, url }: Exchange, { operation, resourceUnits }: Route): CallRecord {
    const call: CallRecord = {
      operation,
      method: request.method ?? '',
      host,
      path: url.pathname,
      userAgent: request.headers['user-agent'],
      range: request.headers.range,
      status: 0,
      resourceUnits,
    };
    this.calls.push(call);
    return call;
  }

  #watch({ host }: Exchange, operation: string): void {
    const { strict, settings } = this.#world;
    if (!LOGIN_OPERATIONS.includes(operation)) {
      strict.checkRetryAfter(settings.clock.now(), operation);
    }
    if (strict.rules.concurrency && this.active > settings.maxConcurrentRequests) {
      strict.report('concurrency', `${this.active} requests at once on ${host}`);
    }
  }
}

function readExchange(world: World, request: IncomingMessage): Exchange {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  const target = request.url ?? '/';
  return { world, request, host, target, url: new URL(target, `https://${request.headers.host || 'unknown'}`) };
}

async function send(
  exchange: Exchange,
  response: ServerResponse,
  { reply, cutAfter }: { reply: Reply; cutAfter: number | undefined },
): Promise<void> {
  const { stream } = reply;
  const { settings } = exchange.world;
  const { body, type } = encodeBody(reply);
  response.writeHead(reply.status, {
    'request-id': settings.ids(),
    ...corsHeaders(exchange),
    // By the emulator's clock: this is how a client sees that its own is wrong.
    date: new Date(settings.clock.now()).toUTCString(),
    ...(body === undefined ? {} : { 'content-type': type, 'content-length': body.length }),
    ...(body === undefined && stream === undefined && reply.status !== 204 && reply.status !== 304
      ? { 'content-length': 0 }
      : {}),
    ...reply.headers,
  });
  if (!exchange.request.complete) {
    // A refused body is not read to its end; the client sees the answer and the connection closes.
    response.once('finish', () => exchange.request.socket.end());
  }
  if (stream === undefined) {
    response.end(body);
    return;
  }
  if (cutAfter !== undefined) {
    await sendPart(response, stream, cutAfter);
    return;
  }
  await pipeline(Readable.from(stream, { objectMode: false }), response);
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
    // What is only handed to the connection would be lost with it.
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
