import { Agent } from 'node:http';
import type { CallRecord } from '../../src/emulator/emulator.ts';
import { basic } from '../support/raw-http.ts';
import type { Account } from '../support/test-server.ts';
import { asText, findComplaints } from './trace-expect.ts';
import type { Step, Trace } from './trace-file.ts';
import { sendRequest, type WireAnswer } from './trace-http.ts';

/** The server that a trace is played against, and what can be seen of it. */
export interface Stage {
  readonly url: string;
  /** Where a proxy in front shows it to the world. */
  readonly publicUrl: string;
  readonly users: Readonly<Record<'a' | 'b', Account>>;
  /** Every Graph call so far, in order. */
  readonly calls: readonly CallRecord[];
}

/** A step whose answer was not as the trace says. */
export class TraceError extends Error {
  override name = 'TraceError';
}

const SHOWN_BODY_CHARACTERS = 500;

/**
 * Plays the steps of a trace in order, over one kept-alive connection for each user, and stops at the first answer that
 * is not as expected. Returns the Graph calls between the steps marked `count: start` and `count: stop`.
 */
export async function playSteps(trace: Trace, stage: Stage): Promise<CallRecord[]> {
  const agents = { a: oneConnection(), b: oneConnection(), nobody: oneConnection() };
  const variables = new Map([
    ['base', stage.url],
    ['public', stage.publicUrl],
  ]);
  let [from, to]: (number | undefined)[] = [];
  try {
    for (const [index, step] of trace.steps.entries()) {
      from ??= step.count === 'start' ? stage.calls.length : undefined;
      await playStep(step, { place: placeOf(trace, index), agent: agents[step.user], stage, variables });
      to ??= step.count === 'stop' ? stage.calls.length : undefined;
    }
  } finally {
    for (const agent of Object.values(agents)) {
      agent.destroy();
    }
  }
  return from === undefined ? [] : stage.calls.slice(from, to);
}

interface Playing {
  /** Which step of which file this is. */
  readonly place: string;
  readonly agent: Agent;
  readonly stage: Stage;
  /** What earlier steps have saved. */
  readonly variables: Map<string, string>;
}

async function playStep(step: Step, playing: Playing): Promise<void> {
  const { agent, place, variables } = playing;
  const wire = toWire(step, playing);
  const line = `${place}: ${wire.method} ${wire.path} (user ${step.user})`;
  const answer = await sendRequest(agent, wire).catch(error => {
    throw new TraceError(`${line}\n  no answer: ${error.message}`, { cause: error });
  });
  const fill = (text: string) => fillIn(text, place, variables);
  const complaints = await findComplaints(answer, mapTexts(step.expect, fill));
  for (const [name, pattern] of Object.entries(step.save)) {
    const value = new RegExp(pattern, 'i').exec(asText(answer))?.[1];
    if (value === undefined) {
      complaints.push(`something to save as "${name}": /${pattern}/`);
    } else {
      variables.set(name, value);
    }
  }
  if (complaints.length > 0) {
    throw new TraceError(`${line}\n${complaints.map(one => `  expected ${one}\n`).join('')}${describeAnswer(answer)}`);
  }
}

function toWire(step: Step, { stage, place, variables }: Playing) {
  const { method, path, headers, body, bodyBytes, chunkedBytes, patienceSeconds } = step;
  const credentials = step.user === 'nobody' ? {} : basicOf(stage.users[step.user]);
  const fill = (text: string) => fillIn(text, place, variables);
  return {
    url: stage.url,
    method,
    path: fill(path),
    headers: { ...credentials, ...mapTexts(headers, fill) },
    body: body === undefined ? undefined : fill(body),
    bodyBytes,
    chunkedBytes,
    patienceSeconds,
  };
}

/** `{name}` becomes what was saved under that name. */
function fillIn(text: string, place: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\{([a-z]\w*)\}/gi, (_, name: string) => {
    const value = variables.get(name);
    if (value === undefined) {
      throw new TraceError(`${place}: nothing was saved as "${name}"`);
    }
    return value;
  });
}

/** The same shape with every text changed. */
function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') {
    return change(value) as T;
  }
  if (Array.isArray(value)) {
    return value.map(one => mapTexts(one, change)) as T;
  }
  return value === null || typeof value !== 'object'
    ? value
    : (Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)])) as T);
}

function basicOf({ user, password }: Account) {
  return basic(user, password);
}

function oneConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}

function placeOf({ file, steps }: Trace, index: number): string {
  return `${file}: step ${index + 1} of ${steps.length}`;
}

function describeAnswer({ status, reason, headers, text }: WireAnswer): string {
  const lines = headers.map(([name, value]) => `    ${name}: ${value}\n`).join('');
  return `  came ${status} ${reason}\n${lines}\n${text.slice(0, SHOWN_BODY_CHARACTERS)}`;
}
