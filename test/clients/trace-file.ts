import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import {
  type ClientText,
  clientSchema,
  type Expectation,
  type StepText,
  type TraceText,
  traceSchema,
} from './trace-schema.ts';

/** A trace file as it is played: habits are worked in. */
export interface Trace extends Pick<TraceText, 'title' | 'source' | 'given' | 'then'> {
  readonly file: string;
  /** As people call it. */
  readonly client: string;
  readonly steps: readonly Step[];
}

export interface Step extends Pick<StepText, 'user' | 'body' | 'bodyBytes' | 'chunkedBytes' | 'save' | 'count'> {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly patienceSeconds: number;
  readonly expect: Expectation & { readonly status: readonly number[] };
}

export type Clients = ReadonlyMap<string, ClientText>;

/** A trace file that does not say what it should; the message names the file and the step. */
export class TraceFileError extends Error {
  override name = 'TraceFileError';
}

/** Every trace of a folder; its subfolder `clients` holds the clients' habits. */
export async function readTraces(folder: string): Promise<Trace[]> {
  const clients = await readClients(join(folder, 'clients'));
  const files = (await readdir(folder)).filter(name => name.endsWith('.yaml')).sort();
  return Promise.all(
    files.map(async file => parseTrace(await readFile(join(folder, file), 'utf8'), { file, clients })),
  );
}

async function readClients(folder: string): Promise<Clients> {
  const files = (await readdir(folder)).sort();
  const texts = await Promise.all(files.map(file => readFile(join(folder, file), 'utf8')));
  return new Map(files.map((file, index) => [basename(file, '.yaml'), parseClient(texts[index]!, file)]));
}

export function parseClient(text: string, file: string): ClientText {
  return read(clientSchema, text, file);
}

export function parseTrace(text: string, { file, clients }: { file: string; clients: Clients }): Trace {
  const { client: clientKey, steps, ...rest } = read(traceSchema, text, file);
  const refuse = (index: number, problem: string): never => {
    throw new TraceFileError(`${file}: step ${index + 1}: ${problem}`);
  };
  const client = clients.get(clientKey);
  if (client === undefined) {
    throw new TraceFileError(`${file}: no client "${clientKey}"`);
  }
  const settled = steps.map((step, index) =>
    settle(step, { clientKey, clients, refuse: problem => refuse(index, problem) }),
  );
  return { ...rest, file, client: client.name, steps: settled };
}

interface Settling {
  readonly clientKey: string;
  readonly clients: Clients;
  refuse(problem: string): never;
}

/** Works the habits of the client into a step; the step's own word wins. */
function settle(step: StepText, settling: Settling): Step {
  const { refuse } = settling;
  const { client, habit } = findHabit(step, settling);
  const [method = '', path = ''] = step.send.split(' ');
  if (habit !== undefined && habit.method !== method) {
    refuse(`"${step.as}" is a ${habit.method}, not a ${method}`);
  }
  const body = step.body ?? habit?.body;
  const bodies = [body, step.bodyBytes, step.chunkedBytes].filter(one => one !== undefined);
  if (bodies.length > 1) {
    refuse('has more than one body');
  }
  const expect = mergeExpectations(habit?.expect, step.expect);
  const { status } = expect;
  if (status === undefined) {
    return refuse('expects no status');
  }
  return {
    ...step,
    method,
    path,
    body,
    headers: mergeHeaders(client.headers, habit?.headers, step.headers),
    patienceSeconds: client.patienceSeconds,
    expect: { ...expect, status },
    save: { ...(isFailure(step.expect) ? {} : habit?.save), ...step.save },
  };
}

function findHabit(step: StepText, { clientKey, clients, refuse }: Settling) {
  const [name, owner = clientKey] = (step.as ?? '').split('/').reverse();
  const client = clients.get(owner) ?? refuse(`no client "${owner}"`);
  if (step.as === undefined) {
    return { client, habit: undefined };
  }
  return { client, habit: client.habits[name!] ?? refuse(`${owner} has no habit "${name}"`) };
}

function mergeExpectations(habit: Expectation | undefined, own: Expectation): Expectation {
  if (habit === undefined || isFailure(own)) {
    return own;
  }
  return {
    ...habit,
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)),
    headers: { ...habit.headers, ...own.headers },
    bodyMatches: [...habit.bodyMatches, ...own.bodyMatches],
    bodyLacks: [...habit.bodyLacks, ...own.bodyLacks],
  };
}

/** What a habit says of the answer is about success. */
function isFailure({ status }: Expectation): boolean {
  return status?.some(code => code >= 300) === true;
}

/** The last one wins, whatever the case of its name; null takes a header away. */
function mergeHeaders(...sets: readonly (Record<string, string | null> | undefined)[]): Record<string, string> {
  const merged = new Map<string, [name: string, value: string | null]>();
  for (const [name, value] of sets.flatMap(set => Object.entries(set ?? {}))) {
    merged.set(name.toLowerCase(), [name, value]);
  }
  return Object.fromEntries([...merged.values()].filter((entry): entry is [string, string] => entry[1] !== null));
}

function read<T extends z.ZodType>(schema: T, text: string, file: string): z.infer<T> {
  const result = schema.safeParse(parseYaml(text, file));
  if (!result.success) {
    throw new TraceFileError(result.error.issues.map(issue => `${file}: ${describeIssue(issue)}`).join('\n'));
  }
  return result.data;
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { merge: true });
  } catch (error) {
    throw new TraceFileError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const [first, index, ...rest] = path;
  const place = first === 'steps' && typeof index === 'number' ? [`step ${index + 1}`, ...rest] : path;
  return [...place.map(String), message].join(': ');
}
