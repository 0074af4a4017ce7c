import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { activeLocks, lockInfo } from '../../support/locks.ts';
import { PASSWORD } from '../../support/passwords.ts';
import { basic } from '../../support/raw-http.ts';
import { textIn } from '../../support/xml-tree.ts';
import type { Answer } from './history.ts';
import type { Operation } from './world.ts';

/** What became of a request. `unsent`: nobody listened, so that nothing has reached a server. */
export type Fate = 'unsent' | 'torn' | Answer;

/** A request that breaks the rules for requests, whatever the order was. */
export class Misbehaviour extends Error {
  override readonly name = 'Misbehaviour';
}

export interface Sending {
  readonly server: string;
  readonly user: string;
  /** Half of the body of a PUT goes when this has resolved; absent: all at once. */
  readonly gate?: Promise<unknown> | undefined;
}

/** Lines enough that the content is more than one packet. */
const LINES = 400;
/** A lock outlives every test. */
const TIMEOUT = 'Second-3600';

/** Sends the operations of one sequence, and knows the tokens and tags that they have brought. */
export class ModelClient {
  readonly #folder: string;
  /** No connection is used twice: a dead one must not be mistaken for a request that was cut. */
  readonly #dispatcher = new Agent({ pipelining: 0, headersTimeout: 0, bodyTimeout: 0 });
  readonly #tokens = new Map<number, string>();
  readonly #tags = new Map<number, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  hasToken(lock: number): boolean {
    return this.#tokens.has(lock);
  }

  hasTag(put: number): boolean {
    return this.#tags.has(put);
  }

  async send(operation: Operation, { server, user, gate }: Sending): Promise<Fate> {
    const { method, headers = {}, body } = this.#requestFor(operation);
    try {
      const answer = await request(`${server}${this.#folder}${operation.file}`, {
        method: method as 'GET',
        headers: { ...basic(user, PASSWORD), ...headers },
        body: gate === undefined ? (body ?? null) : Readable.from(inTwoParts(body!, gate)),
        dispatcher: this.#dispatcher,
      });
      const text = await answer.body.text();
      return this.#read(operation, { status: answer.statusCode, headers: answer.headers, text });
    } catch (error) {
      if (error instanceof Misbehaviour) {
        throw error;
      }
      return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'unsent' : 'torn';
    }
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  #requestFor(operation: Operation): { method: string; headers?: Record<string, string>; body?: string } {
    switch (operation.kind) {
      case 'get':
        return { method: 'GET' };
      case 'locks':
        return { method: 'PROPFIND', headers: { Depth: '0' }, body: LOCKDISCOVERY };
      case 'put':
        return {
          method: 'PUT',
          headers: { ...this.#ifToken(operation.token), ...this.#ifMatch(operation.ifVersion) },
          body: contentOf(String(operation.id)),
        };
      case 'delete':
        return { method: 'DELETE', headers: this.#ifToken(operation.token) };
      case 'move':
        return {
          method: 'MOVE',
          headers: { Destination: `${this.#folder}${operation.to}`, ...this.#ifToken(operation.token) },
        };
      case 'lock':
        return {
          method: 'LOCK',
          headers: { Depth: '0', Timeout: TIMEOUT },
          body: lockInfo('exclusive', String(operation.id)),
        };
      case 'refresh':
        return { method: 'LOCK', headers: { Timeout: TIMEOUT, ...this.#ifToken(operation.token) } };
      case 'unlock':
        return { method: 'UNLOCK', headers: { 'Lock-Token': `<${this.#tokens.get(operation.token)}>` } };
    }
  }

  #ifToken(lock: number | undefined): Record<string, string> {
    return lock === undefined ? {} : { If: `(<${this.#tokens.get(lock)}>)` };
  }

  #ifMatch(version: string | undefined): Record<string, string> {
    return version === undefined ? {} : { 'If-Match': this.#tags.get(Number(version))! };
  }

  #read(operation: Operation, { status, headers, text }: { status: number; headers: object; text: string }): Answer {
    const isDone = status < 300;
    const header = (name: string) => String((headers as Record<string, unknown>)[name] ?? '');
    if (operation.kind === 'put' && isDone) {
      this.#tags.set(operation.id, header('etag'));
    }
    if (operation.kind === 'lock' && isDone) {
      this.#tokens.set(operation.id, header('lock-token').slice(1, -1));
    }
    if (operation.kind === 'get' && isDone) {
      return { status, saw: idIn(text) };
    }
    if (operation.kind === 'locks' && isDone) {
      return { status, saw: this.#lockIn(text) };
    }
    return { status };
  }

  /** A client finds the lock of which it was not told, by its owner. */
  #lockIn(xml: string): string | null {
    const [lock] = activeLocks(xml);
    if (lock === undefined) {
      return null;
    }
    const owner = textIn(lock.owner!);
    this.#tokens.set(Number(owner), lock.token);
    return owner;
  }
}

const LOCKDISCOVERY = '<D:propfind xmlns:D="DAV:"><D:prop><D:lockdiscovery/></D:prop></D:propfind>';

/** The content that an operation writes: nothing else has it, in whole or in part. */
export function contentOf(id: string): string {
  return id === '' ? '' : `written by ${id}\n`.repeat(LINES);
}

/** The id of the operation that has written a content; `''` for an empty file. Throws Misbehaviour when it is not whole. */
export function idIn(content: string): string {
  const id = /^written by (\d+)\n/.exec(content)?.[1] ?? '';
  if (content !== contentOf(id)) {
    throw new Misbehaviour(`a content that nobody has written: ${content.length} bytes, ${content.slice(0, 40)}`);
  }
  return id;
}

async function* inTwoParts(body: string, gate: Promise<unknown>): AsyncGenerator<Buffer> {
  const middle = Math.floor(body.length / 2);
  yield Buffer.from(body.slice(0, middle));
  await gate;
  yield Buffer.from(body.slice(middle));
}
