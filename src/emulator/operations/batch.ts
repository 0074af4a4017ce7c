import { type Exchange, type Reply, readJson } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { innerExchange } from '../inner-request.ts';
import { authenticate } from '../tokens.ts';

/** Graph docs, "Combine multiple HTTP requests using JSON batching". */
const MAX_REQUESTS = 20;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

interface Step {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly dependsOn: readonly string[];
}

interface Answer {
  readonly id: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

/** `POST /$batch`: up to twenty requests, each authorized, counted and answered for itself. */
export async function batch(exchange: Exchange): Promise<Reply> {
  authenticate(exchange);
  const version = /^\/+(v1\.0|beta)\//.exec(exchange.url.pathname)?.[1] ?? 'v1.0';
  const steps = readSteps(await readJson(exchange.request), version);
  const answers = new Map<string, Promise<Answer>>();
  let before: Promise<unknown> = Promise.resolve();
  for (const step of inOrder(steps)) {
    const answer = before.then(() => answerStep(exchange, step, answers));
    answers.set(step.id, answer);
    before = answer;
  }
  return { status: 200, json: { responses: await Promise.all(answers.values()) } };
}

async function answerStep(
  exchange: Exchange,
  step: Step,
  answers: ReadonlyMap<string, Promise<Answer>>,
): Promise<Answer> {
  const { id, dependsOn } = step;
  const needed = await Promise.all(dependsOn.map(each => answers.get(each)));
  if (needed.some(answer => answer !== undefined && answer.status >= 400)) {
    const error = { code: 'FailedDependency', message: 'A request that this one depends on has failed.' };
    return { id, status: 424, headers: { 'Content-Type': 'application/json' }, body: { error } };
  }
  const { authorization } = exchange.request.headers;
  const headers = { ...(authorization && { authorization }), ...step.headers };
  const reply = await exchange.world.answer(innerExchange(exchange, { ...step, headers }));
  return { id, ...(await renderReply(reply)) };
}

/** Bodies that are not JSON are base64. */
async function renderReply({ status, headers = {}, json, html, stream }: Reply): Promise<Omit<Answer, 'id'>> {
  if (json !== undefined) {
    return { status, headers: { ...headers, 'Content-Type': 'application/json' }, body: json };
  }
  const bytes = stream === undefined ? Buffer.from(html ?? '') : Buffer.concat(await Array.fromAsync(stream));
  return { status, headers, ...(bytes.length === 0 ? {} : { body: bytes.toString('base64') }) };
}

function readSteps({ requests }: Record<string, unknown>, version: string): Step[] {
  if (!Array.isArray(requests) || requests.length === 0) {
    throw malformed('Invalid batch payload format.');
  }
  if (requests.length > MAX_REQUESTS) {
    const text = `Number of batch request steps exceeds the maximum value of ${MAX_REQUESTS}.`;
    throw new GraphFault('MaximumValueExceeded', text);
  }
  const steps = requests.map(request => readStep(request, version));
  const ids = new Set(steps.map(({ id }) => id));
  if (ids.size < steps.length) {
    throw malformed('The ids of the requests of a batch must differ.');
  }
  if (steps.some(({ dependsOn }) => dependsOn.some(id => !ids.has(id)))) {
    throw malformed('A request depends on one that is not in the batch.');
  }
  return steps;
}

function readStep(request: unknown, version: string): Step {
  if (typeof request !== 'object' || request === null) {
    throw malformed('Invalid batch payload format.');
  }
  const { id, method, url, headers = {}, body, dependsOn = [] } = request as Record<string, unknown>;
  if (typeof id !== 'string' || id === '' || typeof method !== 'string' || typeof url !== 'string') {
    throw malformed('A request of a batch needs an id, a method and a url.');
  }
  if (!METHODS.includes(method.toUpperCase()) || /^[a-z]+:/i.test(url) || /^\/*(?:\$|%24)batch/i.test(url)) {
    throw malformed(`Write request id : ${id} has a method or a url that a batch does not take.`);
  }
  if (!Array.isArray(dependsOn) || !dependsOn.every(each => typeof each === 'string')) {
    throw malformed(`Write request id : ${id} has a dependsOn that is no list of ids.`);
  }
  const read = readHeaders(id, headers);
  return {
    ...{ id, method: method.toUpperCase(), dependsOn },
    target: `/${version}/${url.replace(/^\/+/, '')}`,
    headers: read,
    body: readBody(id, body, read['content-type']),
  };
}

function readHeaders(id: string, headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) {
    throw malformed(`Write request id : ${id} has headers that are no object.`);
  }
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function readBody(id: string, body: unknown, type: string | undefined): Uint8Array | undefined {
  if (body === undefined || body === null) {
    return undefined;
  }
  if (type === undefined) {
    throw malformed(`Write request id : ${id} does not contain Content-Type header or body.`);
  }
  if (/json/i.test(type)) {
    return Buffer.from(JSON.stringify(body));
  }
  if (typeof body !== 'string') {
    throw malformed(`Write request id : ${id} has a body that is neither JSON nor base64.`);
  }
  return Buffer.from(body, 'base64');
}

/** Sorts the requests: dependencies first, otherwise in the given order. */
function inOrder(steps: readonly Step[]): Step[] {
  const ordered: Step[] = [];
  let waiting = [...steps];
  while (waiting.length > 0) {
    const done = new Set(ordered.map(({ id }) => id));
    const next = waiting.find(({ dependsOn }) => dependsOn.every(id => done.has(id)));
    if (next === undefined) {
      throw malformed('The requests of the batch depend on one another in a circle.');
    }
    ordered.push(next);
    waiting = waiting.filter(step => step !== next);
  }
  return ordered;
}

function malformed(message: string): GraphFault {
  return new GraphFault('BadRequest', message);
}
