import type { IncomingMessage, ServerResponse } from 'node:http';
import { renderAnswer, sendAnswer } from './answer.ts';
import type { Exchange, Reply, World } from './exchange.ts';
import { type FaultRule, scriptFaults } from './fault-rules.ts';
import { type CallRecord, type ErrorFault, type Fault, type FaultScript, LOGIN_OPERATIONS } from './faults.ts';
import { errorBody, GraphFault } from './graph-error.ts';
import { isClientGone } from './internal-error.ts';
import { hostKindOf, type Latency, latencyOf } from './latency.ts';
import type { Route } from './route.ts';
import { route } from './router.ts';
import { callerOf } from './throttled-caller.ts';
import { retryAfterHeader, Throttle, type ThrottledCall, type Throttling } from './throttling.ts';
import type { Timers } from './timers.ts';
import { renderRefusal } from './token-refusal.ts';
import { readBeforeFault, sendSpoilt } from './wire.ts';

export interface ResponderOptions {
  readonly timers: Timers;
  readonly latency: Latency;
  readonly throttling: Throttling | undefined;
  /** Called for each bug of the emulator that a request has hit. */
  readonly onInternalError: (error: unknown, call: CallRecord) => void;
}

/** A request being answered: its operation, its record, and the signal for its client's disconnect. */
interface Turn {
  readonly exchange: Exchange;
  readonly found: Route;
  readonly call: CallRecord;
  readonly fault: Fault | undefined;
  readonly gone: AbortSignal;
}

/** Answers requests: finds the operation, runs it, and renders its result or error. */
export class Responder {
  readonly calls: CallRecord[] = [];
  active = 0;
  latency: Latency;
  /** Also empty when a script decides. */
  faultRules: readonly FaultRule[] = [];
  readonly #world: World;
  readonly #options: ResponderOptions;
  #fault: FaultScript | undefined;
  #throttle: Throttle | undefined;

  constructor(world: World, options: ResponderOptions) {
    this.#world = world;
    world.answer = exchange => this.#answerInner(exchange);
    this.#options = options;
    this.latency = options.latency;
    this.setThrottling(options.throttling);
  }

  setFault(script: FaultScript | undefined): void {
    this.#fault = script;
    this.faultRules = [];
  }

  setFaultRules(rules: readonly FaultRule[]): void {
    this.setFault(rules.length === 0 ? undefined : scriptFaults(rules));
    this.faultRules = rules;
  }

  /** Undefined: nobody is throttled. Counting begins anew. */
  setThrottling(options: Throttling | undefined): void {
    this.#throttle = options && new Throttle(options);
  }

  get throttling(): Throttling | undefined {
    return this.#throttle?.options;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.active += 1;
    this.#world.strict
      .during(this.calls.length, () => this.#answer(request, response))
      // The client is gone, or the answer broke half-way: an error cannot be sent any more.
      .catch(() => response.destroy())
      .finally(() => {
        this.active -= 1;
      });
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = readExchange(this.#world, request);
    const found = findRoute(exchange);
    const call = this.#record(exchange, found);
    const fault = this.#fault?.(found.operation, call);
    const turn = { exchange, found, call, fault, gone: signalOfEnd(response) };
    await this.#serve(turn, response);
  }

  async #serve(turn: Turn, response: ServerResponse): Promise<void> {
    const { exchange, found, call, fault, gone } = turn;
    this.#watch(exchange, found.operation);
    if (fault !== undefined && 'cut' in fault && fault.afterBytes === undefined) {
      response.destroy();
      return;
    }
    if (fault !== undefined && 'delayUntil' in fault) {
      await fault.delayUntil;
    }
    await this.#delay(turn);
    if (fault !== undefined && 'wire' in fault) {
      await this.#serveSpoilt(turn, fault, response);
      return;
    }
    const reply = await this.#reply(turn);
    call.status = reply.status;
    const cutAfter = fault !== undefined && 'cut' in fault ? fault.afterBytes : undefined;
    const answer = renderAnswer(exchange, reply, found.operation);
    if (!gone.aborted) {
      await sendAnswer(exchange, response, { answer, cutAfter });
    }
  }

  /** Answers a request without its own connection; faults that need a connection do not apply to it. */
  async #answerInner(exchange: Exchange): Promise<Reply> {
    const found = findRoute(exchange);
    const call = this.#record(exchange, found);
    this.#watch(exchange, found.operation);
    const fault = this.#fault?.(found.operation, call);
    const reply = await this.#reply({ exchange, found, call, fault, gone: new AbortController().signal });
    call.status = reply.status;
    return reply;
  }

  async #serveSpoilt(turn: Turn, { wire }: Extract<Fault, { wire: unknown }>, response: ServerResponse): Promise<void> {
    const { exchange, found, call, gone } = turn;
    const context = { exchange, response, timers: this.#options.timers, gone };
    if (!(await readBeforeFault(context, wire))) {
      return;
    }
    const reply = wire.done === 'yes' ? await this.#reply(turn) : undefined;
    const answer = reply && renderAnswer(exchange, reply, found.operation);
    const isAnswered = wire.reset !== 'before' && wire.stall !== 'before';
    call.status = isAnswered ? (wire.status ?? reply?.status ?? 200) : 0;
    const seconds = Number(wire.headers?.['retry-after'] ?? Number.NaN);
    this.#expectSilence(found.operation, seconds);
    await sendSpoilt(context, wire, answer);
  }

  async #delay({ exchange, found, gone }: Turn): Promise<void> {
    const bytes = Number(exchange.request.headers['content-length'] ?? 0);
    const milliseconds = this.#world.settings.latencyMs + latencyOf(this.latency, found.operation, bytes);
    if (milliseconds > 0) {
      await this.#options.timers.sleep(milliseconds, gone);
    }
  }

  async #reply(turn: Turn): Promise<Reply> {
    const { exchange, found, fault } = turn;
    try {
      if (fault !== undefined && 'status' in fault) {
        return this.#faultReply(exchange, found, fault);
      }
      const reply = await this.#run(turn);
      if (fault !== undefined && 'after' in fault) {
        throw new GraphFault('serviceNotAvailable', 'The service is not available.', fault.after);
      }
      return reply;
    } catch (error) {
      return this.#renderError(turn, error);
    }
  }

  /** Runs the operation, unless its application is throttled. */
  async #run({ exchange, found, call }: Turn): Promise<Reply> {
    const { clock } = this.#world.settings;
    const isPriced = hostKindOf(found.operation) !== 'login';
    const caller = this.#throttle && isPriced ? callerOf(exchange, found) : undefined;
    const verdict = caller && this.#throttle?.admit(caller, clock.now());
    call.resourceUnits = verdict?.resourceUnits ?? call.resourceUnits;
    const price: Record<string, string> = isPriced ? { 'x-ms-resource-unit': String(call.resourceUnits) } : {};
    const extra = { ...price, ...verdict?.headers };
    if (verdict?.refusal !== undefined) {
      const { status, code, retryAfterSeconds } = verdict.refusal;
      this.#expectSilence(found.operation, retryAfterSeconds);
      const headers = { ...extra, ...retryAfterHeader(this.throttling?.retryAfter, retryAfterSeconds, clock.now()) };
      const refusal = new GraphFault('activityLimitReached', 'The request has been throttled.', { status, headers });
      throw Object.assign(refusal, { code });
    }
    try {
      const reply = await found.run();
      return { ...reply, headers: { ...extra, ...reply.headers } };
    } catch (error) {
      if (caller !== undefined && error instanceof GraphFault) {
        this.#countMissing(found.operation, caller, error);
      }
      throw error instanceof GraphFault ? error.withHeaders(extra) : error;
    }
  }

  /** A OneDrive that is not there is 400 or 404 (`no-drive.ts`). */
  #countMissing(operation: string, caller: ThrottledCall, { status }: GraphFault): void {
    if (/^drive-(?:get|list)$/.test(operation) && (status === 400 || status === 404)) {
      this.#throttle?.missed(caller, this.#world.settings.clock.now());
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
    this.#expectSilence(operation, Number(retryAfter ?? Number.NaN));
    const graphError = new GraphFault('serviceNotAvailable', message, {
      status,
      innerCode: fault.innerCode,
      headers,
    });
    const code = fault.code ?? (status === 429 ? 'activityLimitReached' : graphError.code);
    return this.#renderFault(exchange, Object.assign(graphError, { code }));
  }

  /** Makes calls a violation until the seconds have passed; ignores a value that is no number. */
  #expectSilence(operation: string, seconds: number): void {
    if (Number.isFinite(seconds) && !LOGIN_OPERATIONS.includes(operation)) {
      this.#world.strict.throttled(this.#world.settings.clock.now() + seconds * 1000);
    }
  }

  #renderError({ exchange, call, gone }: Turn, error: unknown): Reply {
    if (error instanceof GraphFault) {
      return this.#renderFault(exchange, error);
    }
    if (gone.aborted || isClientGone(exchange.request, error)) {
      throw error;
    }
    this.#world.strict.report('internal-error', `${call.method} ${call.path}: ${String(error)}`);
    this.#options.onInternalError(error, call);
    return this.#renderFault(exchange, new GraphFault('generalException', 'General exception while processing'));
  }

  #renderFault(exchange: Exchange, error: GraphFault): Reply {
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
  const url = URL.parse(target, `https://${request.headers.host || 'unknown'}`) ?? new URL(UNREADABLE);
  return { world, request, host, target, url };
}

/** Placeholder for an invalid address. */
const UNREADABLE = 'https://unreadable.invalid/';

/** Finds the operation; an error of the search becomes the answer of that request. */
function findRoute(exchange: Exchange): Route {
  const failed = (error: unknown): Route => ({
    operation: 'unknown',
    resourceUnits: 0,
    run: () => Promise.reject(error),
  });
  if (exchange.url.href === UNREADABLE) {
    return failed(new GraphFault('BadRequest', 'The address of the request is malformed.'));
  }
  try {
    return route(exchange);
  } catch (error) {
    return failed(error);
  }
}

/** Returns a signal that aborts when the connection ends before its answer was sent. */
function signalOfEnd(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    // Nobody listens after the answer, and each abort makes an error with its stack.
    if (!response.writableFinished) {
      controller.abort();
    }
  });
  return controller.signal;
}
