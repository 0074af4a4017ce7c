import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Exchange, Reply, World } from './exchange.ts';
import { errorBody, GraphFault } from './graph-error.ts';
import { type Route, route } from './router.ts';

/** One request as it was answered; secrets are cut from the path. */
export interface CallRecord {
  /** Microsoft's name of the operation, `driveItem-list-children` say; `unknown` for what is 501. */
  readonly operation: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly userAgent: string | undefined;
  /** What it asks for of a download; undefined for everything. */
  readonly range?: string | undefined;
  /** 0 while it is being answered, and for a connection that was cut. */
  status: number;
  readonly resourceUnits: number;
}

/** What happens to a request instead of its answer. */
export type Fault =
  | ErrorFault
  /** The connection is destroyed; `afterBytes` of the answer's body go out first. */
  | { readonly cut: true; readonly afterBytes?: number }
  /** The request is done, and then its answer is replaced. */
  | { readonly after: { readonly status: number } }
  | { readonly delayUntil: Promise<unknown> };

/** An error in Graph's envelope; the request is not done. */
export interface ErrorFault {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
  /** As the header is sent: seconds. */
  readonly retryAfter?: string;
  readonly innerCode?: string;
}

export type FaultScript = (operation: string, call: CallRecord) => Fault | undefined;

/** Answers requests: finds the operation, runs it, renders what it returns or throws. */
export class Responder {
  readonly calls: CallRecord[] = [];
  active = 0;
  readonly #world: World;
  #fault: FaultScript | undefined;

  constructor(world: World) {
    this.#world = world;
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

  async #reply(exchange: Exchange, found: Route, fault: Fault | undefined): Promise<Reply> {
    try {
      if (fault !== undefined && 'status' in fault) {
        throw this.#faultError(fault);
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

  #faultError(fault: ErrorFault): GraphFault {
    const { status, message = 'A scripted fault.', retryAfter, innerCode } = fault;
    if (retryAfter !== undefined) {
      this.#world.strict.throttled(this.#world.settings.clock.now() + Number(retryAfter) * 1000);
    }
    const error = new GraphFault('serviceNotAvailable', message, {
      status,
      innerCode,
      headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    });
    return Object.assign(error, { code: fault.code ?? (status === 429 ? 'activityLimitReached' : error.code) });
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
    if (operation !== 'token') {
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
  return { world, request, host, target, url: new URL(target, `https://${host || 'unknown'}`) };
}

async function send(
  exchange: Exchange,
  response: ServerResponse,
  { reply, cutAfter }: { reply: Reply; cutAfter: number | undefined },
): Promise<void> {
  const { json, stream } = reply;
  const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
  const type = 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';
  response.writeHead(reply.status, {
    'request-id': exchange.world.settings.ids(),
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
