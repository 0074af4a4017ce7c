import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeClock } from '../../support/fake-clock.ts';
import type { TestServer } from '../../support/test-server.ts';
import { type Answer, send } from './client.ts';
import { type Command, describe, type Elsewhere, type Request, type Sequence } from './command.ts';
import { afterElsewhere, doElsewhere } from './elsewhere.ts';
import { injectFault, settle } from './inject.ts';
import { covering } from './locks.ts';
import { type Looking, properties, shownLocks, unlockOnce } from './look.ts';
import { adopt, differences, observe } from './observe.ts';
import { type Expected, expectedOf, namedLock, problemOf } from './oracle.ts';
import { Tags } from './tags.ts';
import { below, cloneState, emptyState, find, MOUNTS, type ModelLock, type Path, placeOf, type State } from './tree.ts';

/** Beyond `cache.ttlSeconds` and `cache.pollSeconds` of the server. */
const BEYOND_CACHE_MS = 31_000;

export interface Bench {
  readonly server: TestServer;
  /** Of the server and of the emulator. */
  readonly clock: FakeClock;
}

let runs = 0;

/**
 * Runs a sequence in folders of its own and compares every step with the model. Throws what is wrong, with the
 * command.
 */
export async function runSequence(bench: Bench, sequence: Sequence): Promise<void> {
  runs += 1;
  const run = new Run(bench, `s${runs}`);
  const logged = bench.server.logged.length;
  await run.start(sequence.seed);
  try {
    for (const [index, command] of sequence.commands.entries()) {
      await run.step(command).catch((error: Error) => {
        const line = `command ${index + 1}, ${describe(command)}: ${error.message}`;
        throw new Error([line, ...loggedErrors(bench, logged)].join('\n'), { cause: error });
      });
    }
    await run.checkEnd();
  } finally {
    await run.stop();
  }
}

class Run {
  readonly #bench: Bench;
  readonly #looking: Looking;
  readonly #tags = new Tags();
  #state: State = emptyState();
  /** What was there before changes that the server need not have noticed yet. */
  #earlier: State[] = [];
  #leftBefore: object = {};

  constructor(bench: Bench, folder: string) {
    this.#bench = bench;
    this.#looking = { server: bench.server, folder };
  }

  async start(seed: readonly Path[]): Promise<void> {
    const { server, folder } = this.#looking;
    // Of an earlier sequence that failed, while it is shrunk.
    this.#leftBefore = await this.#leftovers();
    for (const mount of MOUNTS) {
      server.mailboxes[mount].mkdir(`/${folder}`);
    }
    for (const [index, path] of seed.entries()) {
      const kind = path.endsWith('/') ? 'mkdir' : 'edit';
      const at = path.replace(/\/$/, '');
      await this.#change({ method: 'ELSEWHERE', change: kind, at, to: at, content: `at first ${index}`, waits: true });
    }
  }

  async step(command: Command): Promise<void> {
    if (command.method === 'ELSEWHERE') {
      await this.#change(command);
      return;
    }
    if (!isRead(command)) {
      // A write that decides by what somebody changed a moment ago is a race of two people; a model cannot say who
      // wins.
      this.#passCache();
    }
    const before = this.#state;
    const wanted = [before, ...this.#earlier].map(state => expectedOf(state, command));
    const answer = await this.#send(command);
    this.#checkAnswer(command, wanted, answer);
    const isDone = answer !== undefined && isSuccess(wanted[0]!, answer);
    const isKept = answer !== undefined && isTimeKept(command, answer);
    const next = isKept ? wanted[0]! : { ...wanted[0]!, next: withoutTimeOf(wanted[0]!.next, command) };
    this.#state = await this.#stateAfter(command, next, isDone);
    if (isDone) {
      if (command.method === 'PUT') {
        const isTold = answer.headers.get('x-oc-mtime') === 'accepted';
        assert.equal(isTold, isKept && command.mtime !== undefined, 'X-OC-Mtime');
      }
      this.#learn(command, before, answer);
    }
    if (command.fault !== undefined && !isRead(command)) {
      await this.#lookAfterFault(command, before, { isDone, hasLeft: answer === undefined });
    }
  }

  /** The entries, locks and properties, and the leftovers. */
  async checkEnd(): Promise<void> {
    const { server, folder } = this.#looking;
    this.#passCache();
    assert.deepEqual(differences(this.#state, await observe(server, folder)), [], 'the drives at the end');
    await this.#checkEntries();
    for (const lock of this.#state.locks) {
      assert.equal(await unlockOnce(this.#looking, lock), 204, `UNLOCK of the lock on ${lock.path} at the end`);
    }
    assert.deepEqual(await this.#leftovers(), this.#leftBefore, 'left over');
  }

  /** What a request needs on its way and must not outlive it. */
  async #leftovers() {
    const { server } = this.#looking;
    return {
      spoolFiles: await readdir(join(server.folder, 'data', 'spool')).catch(() => []),
      uploadSessions: server.emulator.openUploadSessions(),
      violations: [...server.emulator.violations],
    };
  }

  async stop(): Promise<void> {
    const { server, folder } = this.#looking;
    server.emulator.setFault(undefined);
    server.emulator.resetCalls();
    for (const mount of MOUNTS) {
      server.mailboxes[mount].remove(`/${folder}`);
    }
    this.#passCache();
  }

  async #send(request: Request): Promise<Answer | undefined> {
    const { server } = this.#looking;
    const tag = await this.#tags.current(this.#looking, this.#state, request);
    const signal = injectFault(server, request.fault);
    const answer = await send(request, { ...this.#looking, state: this.#state, tag, signal });
    server.emulator.setFault(undefined);
    await settle(server, answer === undefined);
    return answer;
  }

  #checkAnswer(request: Request, wanted: readonly Expected[], answer: Answer | undefined): void {
    if (answer === undefined) {
      return;
    }
    const problems = wanted.map(each => problemOf(request, each, answer));
    if (problems.every(problem => problem !== undefined)) {
      throw new Error(problems[0]);
    }
  }

  /** The state that is really there; throws when it is none that may be. */
  async #stateAfter(request: Request, wanted: Expected, isDone: boolean): Promise<State> {
    const observed = await observe(this.#looking.server, this.#looking.folder);
    const after = [wanted.next, ...wanted.between].map(state => withoutTimeOf(state, request));
    const failed = request.fault === undefined ? [this.#state] : [this.#state, ...after];
    const allowed = isDone ? [wanted.next] : failed;
    const found = allowed.find(state => differences(state, observed).length === 0);
    if (found === undefined) {
      const what = isDone ? 'not what the answer says' : 'neither as before nor done';
      throw new Error(`${what}: ${differences(allowed[0]!, observed).join('; ')}`);
    }
    const state = cloneState(found);
    adopt(state, observed);
    return state;
  }

  #learn(request: Request, before: State, answer: Answer): void {
    if (request.method === 'LOCK') {
      const token = answer.headers.get('lock-token')?.slice(1, -1);
      assert.ok(token, 'LOCK gives no token');
      const { client, scope, depth, at } = request;
      const node = find(this.#state, at)!;
      const bornVersion = node.kind === 'file' && find(before, at) === undefined ? node.version : undefined;
      const lock: ModelLock = { token, client, scope, depth, place: placeOf(at), path: at, bornVersion };
      this.#state.locks = [...this.#state.locks, lock];
    }
    const isAboutFile = request.method === 'PUT' || request.method === 'GET' || request.method === 'HEAD';
    if (isAboutFile && this.#earlier.length === 0) {
      this.#tags.learn(find(this.#state, request.at), answer);
    }
  }

  /** Settles everything that a failure leaves open, or reads it from the server. */
  async #lookAfterFault(request: Request, before: State, end: { isDone: boolean; hasLeft: boolean }): Promise<void> {
    const kept = new Set(this.#state.locks.map(({ token }) => token));
    const open = end.isDone ? [] : before.locks.filter(({ token }) => !kept.has(token));
    const ended = request.method === 'UNLOCK' && end.hasLeft ? namedLock(before, request) : undefined;
    // No answer said whether the locks of a removed entry went with it: their owners end them.
    for (const lock of ended === undefined ? open : [...open, ended]) {
      assert.ok([204, 403, 409].includes(await unlockOnce(this.#looking, lock)), 'UNLOCK of an uncertain lock');
    }
    this.#state.locks = this.#state.locks.filter(lock => lock.token !== ended?.token);
    if (request.method === 'LOCK' && end.hasLeft) {
      const tokens = await shownLocks(this.#looking, request.at);
      for (const token of tokens.filter(each => !kept.has(each))) {
        await unlockOnce(this.#looking, { token, client: request.client, path: request.at });
      }
    }
    const target = 'to' in request ? request.to : request.at;
    if (request.method === 'COPY' || request.method === 'MOVE' || request.method === 'PROPPATCH') {
      await this.#adoptProperties(target);
    }
  }

  /**
   * A transfer is done when the bytes are there; the server logs properties that it could not carry over, but does not
   * report them.
   */
  async #adoptProperties(path: Path): Promise<void> {
    const node = find(this.#state, path);
    for (const [names, each] of node === undefined ? [] : [[[], node] as const, ...below(node)]) {
      each.properties = await properties(this.#looking, [path, ...names].join('/'));
    }
  }

  /** Each entry's properties and locks, as the server shows them. */
  async #checkEntries(): Promise<void> {
    for (const mount of MOUNTS) {
      for (const [names, node] of below(this.#state.mounts[mount])) {
        const path = [mount, ...names].join('/');
        assert.deepEqual(await properties(this.#looking, path), node.properties, `properties of ${path}`);
      }
    }
    for (const { path } of this.#state.locks) {
      if (find(this.#state, path) !== undefined) {
        const shown = await shownLocks(this.#looking, path);
        assert.deepEqual(shown.toSorted(), tokensAt(this.#state, path), `locks on ${path}`);
      }
    }
  }

  async #change(command: Elsewhere): Promise<void> {
    const next = afterElsewhere(this.#state, command);
    if (next === undefined) {
      return;
    }
    const { server, folder } = this.#looking;
    await doElsewhere(server, folder, command);
    this.#earlier = [this.#state, ...this.#earlier];
    adopt(next, await observe(server, folder));
    this.#state = next;
    if (command.waits) {
      this.#passCache();
    }
  }

  #passCache(): void {
    if (this.#earlier.length > 0) {
      this.#bench.clock.advance(BEYOND_CACHE_MS);
      this.#earlier = [];
    }
  }
}

/** What the server has logged as failures since then. */
function loggedErrors({ server }: Bench, since: number): string[] {
  const lines = server.logged.slice(since).map(line => JSON.parse(line));
  return lines.filter(({ level }) => level >= 50).map(({ msg, err }) => `logged: ${msg}: ${err?.stack ?? ''}`);
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'PROPFIND' || method === 'OPTIONS';
}

function isSuccess({ refusals, success }: Expected, { status }: Answer): boolean {
  return refusals.length === 0 && success.includes(status);
}

/**
 * Whether a PUT promises that its time is kept. An upload session carries times; an empty file has none, and gets
 * its time in a second request, whose failure the answer tells by leaving the header out.
 */
function isTimeKept(request: Request, { headers }: Answer): boolean {
  if (request.method !== 'PUT' || request.mtime === undefined) {
    return true;
  }
  const mayFail = request.content === '' && request.fault !== undefined;
  return !mayFail || headers.get('x-oc-mtime') === 'accepted';
}

/** What was written by a request that failed has whatever time the drive gave it. */
function withoutTimeOf(state: State, request: Request): State {
  const loose = cloneState(state);
  const node = find(loose, 'to' in request ? request.to : request.at);
  if (node?.kind === 'file') {
    node.modified = undefined;
  }
  return loose;
}

function tokensAt(state: State, path: Path): string[] {
  return covering(state, placeOf(path))
    .map(({ token }) => token)
    .toSorted();
}
