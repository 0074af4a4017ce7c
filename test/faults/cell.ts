import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { expect } from 'vitest';
import type { DriveHandle } from '../../src/emulator/handles.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import type { MicrosoftClient } from '../support/microsoft-client.ts';
import { basic } from '../support/raw-http.ts';
import type { TestServer } from '../support/test-server.ts';
import type { MatrixFault } from './faults.ts';
import type { Answer, Begun, RequestKind, Send, Tree } from './request-kind.ts';

/** Longer than any wait that the server keeps, and than it believes metadata. */
const PAUSE_MS = 130_000;
const MAX_TRIES_TO_RECOVER = 4;
/** Names of things on their way. */
const SCRATCH = /\.(?:replaced|incoming)-/;
/** A connection for each request: one that waits would end with the server. The cell reports a request that hangs. */
const ONE_EACH = new Agent({ pipelining: 0, headersTimeout: 120_000 });
const POLLING = { interval: 2 };
const TURNS = 300;
/** Tokens are good for an hour and a half at most (Entra docs, "Access token lifetime"). */
const TOKEN_LIFE_MS = 90 * 60 * 1000;
/** By the first character of a path. */
const OTHER_MOUNTS: Readonly<Record<string, string>> = { '@': 'grace', '>': 'direct' };
const DAY_MS = 24 * 60 * 60 * 1000;

/** The server under test; its clock is the emulator's, too. */
export interface MatrixServer extends TestServer {
  readonly clock: FakeClock;
  /** A client that sends to Microsoft by itself. */
  readonly microsoft: MicrosoftClient;
}

/** One crossing of the matrix: a request, a fault, and the call of Graph that it meets. */
export interface Cell {
  readonly kind: RequestKind;
  readonly fault: MatrixFault;
  /** Which of the calls that the request makes, from 0. */
  readonly call: number;
}

export function nameOf({ kind, fault, call }: Cell): string {
  return `${kind.name} × ${fault.name} × call ${call}`;
}

/** The operations that a request makes of Graph when nothing goes wrong, in their order. */
export async function callsOf(server: MatrixServer, kind: RequestKind, folder: string): Promise<string[]> {
  await seed(server, folder, kind.earlier ?? {});
  await seed(server, folder, kind.before);
  await recover(server);
  age(server, kind);
  const send = sender(server, folder);
  const begun = await begin(server, kind, send);
  server.emulator.resetCalls();
  const answer = await kind.send(send, begun);
  const operations = server.emulator.calls.map(({ operation }) => operation);
  await kind.finish?.(send, begun, answer);
  expect([...kind.success, ...(kind.refusals ?? [])], `${kind.name} without a fault`).toContain(answer.status);
  expect(await readTree(server, folder)).toEqual(kind.after ?? kind.before);
  await settle(server);
  clean(server, folder);
  return operations;
}

/** Sends the request of the cell while its fault waits, and checks the result. Throws on a failure. */
export async function runCell(server: MatrixServer, cell: Cell, folder: string): Promise<void> {
  const { kind, fault } = cell;
  await seed(server, folder, kind.earlier ?? {});
  await seed(server, folder, kind.before);
  await recover(server);
  age(server, kind);
  const begun = await begin(server, kind, sender(server, folder));
  const gone = new AbortController();
  const operations: string[] = [];
  server.emulator.setFault(operation => {
    operations.push(operation);
    if (operations.length - 1 !== cell.call || !fault.meets(operation)) {
      return undefined;
    }
    if (fault.hangs) {
      // The answer never comes, so the client leaves.
      setImmediate(() => gone.abort());
    }
    return fault.make();
  });
  const answer = await kind.send(sender(server, folder, gone.signal), begun).catch((error: unknown) => {
    if (!gone.signal.aborted) {
      throw error;
    }
    return undefined;
  });
  server.emulator.setFault(undefined);
  if (gone.signal.aborted) {
    // A change goes on without its client; a hanging call ends with its connection at some time.
    await server.emulator.restart();
  }
  if (isSessionForgotten(fault, operations.at(cell.call))) {
    server.clock.advance(DAY_MS);
  }
  const last = await finish(server, cell, { folder, begun, answer });
  await settle(server);
  const tree = await tidyTree(server, folder);
  checkTree(cell, last, tree);
  if (answer !== undefined) {
    checkAnswer(cell, answer);
  }
  await checkNothingIsLeft(server, tree);
  clean(server, folder);
}

/** Nobody can end a session but time when its address is lost, or when Graph says that it is over. */
function isSessionForgotten({ name, isDone }: MatrixFault, operation: string | undefined): boolean {
  const isSaidToBeOver = name === 'absent-item-not-found' && operation === 'upload-session-cancel';
  return isSaidToBeOver || (isDone && operation === 'driveItem-createUploadSession');
}

async function begin({ microsoft }: MatrixServer, kind: RequestKind, send: Send): Promise<Begun> {
  return (await kind.begin?.(send, microsoft)) ?? {};
}

/** Lets the client end what it has begun, as soon as the server serves again. Returns its last answer. */
async function finish(
  server: MatrixServer,
  { kind }: Cell,
  { folder, begun, answer }: { folder: string; begun: Begun; answer: Answer | undefined },
): Promise<Answer | undefined> {
  if (kind.finish === undefined) {
    return answer;
  }
  await recover(server);
  return kind.finish(sender(server, folder), begun, answer);
}

function age({ clock }: MatrixServer, { isTokenOld }: RequestKind): void {
  if (isTokenOld === true) {
    clock.advance(TOKEN_LIFE_MS);
  }
}

function checkTree({ kind }: Cell, answer: Answer | undefined, tree: Tree): void {
  const after = kind.after ?? kind.before;
  if (answer !== undefined && kind.success.includes(answer.status)) {
    expect(tree, `${answer.status} was answered`).toEqual(after);
    return;
  }
  // Between two drives both may stay, never neither.
  const isBoth =
    kind.name.startsWith('MOVE') && kind.name.includes('mailbox') && isSame(tree, { ...kind.before, ...after });
  const isOneOf = isSame(tree, kind.before) || isSame(tree, after) || isBoth;
  expect(isOneOf, `neither the old tree nor the new one: ${JSON.stringify(shortened(tree))}`).toBe(true);
}

function checkAnswer({ kind, fault }: Cell, { status, bytes }: Answer): void {
  const allowed = [...kind.success, ...(kind.refusals ?? []), ...fault.answers, 502, 503, 504];
  const body = bytes?.toString();
  expect(allowed, `body: ${body?.slice(0, 300)}`).toContain(status);
  if (!kind.success.includes(status) || bytes === undefined || body === undefined || fault.isUnseen) {
    return;
  }
  kind.check?.(bytes);
  if (typeof kind.body === 'string') {
    expect(body === kind.body, `other bytes: ${body.slice(0, 80)}`).toBe(true);
  } else if (kind.body !== undefined) {
    expect(body).toMatch(kind.body);
  }
  for (const member of kind.members ?? []) {
    expect(body).toContain(member);
  }
}

/** Nothing that a request needs on its way may outlive it. */
async function checkNothingIsLeft(server: TestServer, tree: Tree): Promise<void> {
  expect(Object.keys(tree).filter(path => SCRATCH.test(path))).toEqual([]);
  expect(server.emulator.openUploadSessions(), 'open upload sessions').toBe(0);
  const spool = await readdir(join(server.folder, 'data', 'spool')).catch(() => []);
  expect(spool, 'spool files').toEqual([]);
}

/** Waits until the server sends nothing to Graph any more; a restart ends the work that it has recorded for later. */
async function settle(server: TestServer): Promise<void> {
  const { emulator } = server;
  await expect.poll(() => emulator.activeResponses(), POLLING).toBe(0);
  const isOpen = () => emulator.openUploadSessions() > 0;
  if (await lasts(isOpen)) {
    await server.restart();
    await expect.poll(isOpen, POLLING).toBe(false);
  }
}

/** Whether it is still so after a while in which it may end. */
async function lasts(isSo: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < TURNS && isSo(); turn += 1) {
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  return isSo();
}

function sender(server: TestServer, folder: string, signal?: AbortSignal): Send {
  const urlOf = (path: string) => {
    const mount = OTHER_MOUNTS[path[0] ?? ''];
    return `${server.url}/${mount ?? 'ada'}/${folder}/${mount === undefined ? path : path.slice(1)}`;
  };
  return async (method, path, { headers = {}, body, destination } = {}) => {
    const to: Record<string, string> = destination === undefined ? {} : { destination: urlOf(destination) };
    const response = await fetch(urlOf(path), {
      ...{ method, body, redirect: 'manual', signal, dispatcher: ONE_EACH },
      headers: { ...basic(server.user, server.password), ...headers, ...to },
    });
    // A body that breaks off is no body: the client knows.
    const whole = await response.arrayBuffer().catch(() => undefined);
    return { status: response.status, bytes: whole && Buffer.from(whole) };
  };
}

async function seed({ mailboxes: { ada, grace } }: TestServer, folder: string, tree: Tree): Promise<void> {
  ada.mkdir(`/${folder}`);
  grace.mkdir(`/${folder}`);
  for (const [path, content] of Object.entries(tree)) {
    const [drive, rest] = placeOf({ ada, grace }, path);
    if (path.endsWith('/')) {
      drive.mkdir(`/${folder}/${rest}`);
    } else {
      await drive.put(`/${folder}/${rest}`, Buffer.from(content, 'latin1'));
    }
  }
}

function placeOf({ ada, grace }: { ada: DriveHandle; grace: DriveHandle }, path: string): [DriveHandle, string] {
  return path.startsWith('@') ? [grace, path.slice(1)] : [ada, path];
}

/** The tree; a restart removes the leftovers at the latest, because their plan was recorded. */
async function tidyTree(server: TestServer, folder: string): Promise<Tree> {
  const hasScratch = () => Object.keys(namesOf(server, folder)).some(path => SCRATCH.test(path));
  if (await lasts(hasScratch)) {
    await server.restart();
    await expect.poll(hasScratch, POLLING).toBe(false);
    await settle(server);
  }
  return readTree(server, folder);
}

/** Everything below the folder in both mailboxes. */
function namesOf({ mailboxes: { ada, grace } }: TestServer, folder: string): Record<string, unknown> {
  const all = Object.entries({ ...ada.tree(), ...grace.tree() });
  return Object.fromEntries(all.filter(([path]) => path.startsWith(`/${folder}/`)));
}

async function readTree({ mailboxes: { ada, grace } }: TestServer, folder: string): Promise<Tree> {
  return { ...(await treeOf(ada, folder, '')), ...(await treeOf(grace, folder, '@')) };
}

async function treeOf(drive: DriveHandle, folder: string, prefix: string): Promise<Tree> {
  const paths = Object.keys(drive.tree()).filter(path => path.startsWith(`/${folder}/`) && path !== `/${folder}/`);
  const entries = paths.map(async path => {
    const text = path.endsWith('/') ? '' : (await drive.read(path)).toString('latin1');
    return [`${prefix}${path.slice(folder.length + 2)}`, text] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function clean({ mailboxes: { ada, grace } }: TestServer, folder: string): void {
  ada.remove(`/${folder}`);
  grace.remove(`/${folder}`);
}

function isSame(tree: Tree, other: Tree): boolean {
  const paths = Object.keys(tree);
  return paths.length === Object.keys(other).length && paths.every(path => tree[path] === other[path]);
}

function shortened(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).map(([path, text]) => [path, text.slice(0, 30)]));
}

/** Lets the requested waiting time pass, and checks that the server serves again; by then its metadata is outdated. */
async function recover({ url, user, password, clock }: MatrixServer): Promise<void> {
  for (let attempt = 1; attempt <= MAX_TRIES_TO_RECOVER; attempt += 1) {
    clock.advance(PAUSE_MS);
    const headers = { ...basic(user, password), depth: '0' };
    const answer = await fetch(`${url}/ada/`, { method: 'PROPFIND', headers, dispatcher: ONE_EACH });
    await answer.arrayBuffer();
    if (answer.status === 207) {
      clock.advance(PAUSE_MS);
      return;
    }
  }
  throw new Error('the server does not serve again');
}
