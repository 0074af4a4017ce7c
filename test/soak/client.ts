import { createHash } from 'node:crypto';
import { request } from 'undici';
import { randomFrom } from '../support/random.ts';

/** The server that is worked on. */
export interface Served {
  readonly url: string;
  readonly headers: Record<string, string>;
}

/** The content of a file, as a hash; null: there is none. */
type Content = string | null;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** The answers that any request may get because of a fault: the server could not do it, or does not know. */
const REFUSALS = [502, 503, 504];
const NAMES = 12;
/** Some files take one request to Graph, some a session. */
const SIZES = [0, 10, 2_000, 60_000, 300_000, 5_000_000];
const LOCK_BODY =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

/** A client with a folder of its own. It knows the allowed contents of each of its files, and reports any other. */
export class SoakClient {
  readonly #served: Served;
  readonly #folder: string;
  readonly #random: () => number;
  /** The contents that a file may have: one, or several after a change without a clear answer. */
  readonly #files = new Map<string, Set<Content>>();
  readonly complaints: string[] = [];
  requests = 0;
  /** How many requests were answered with a refusal. */
  refused = 0;

  constructor(served: Served, folder: string, seed: number) {
    this.#served = served;
    this.#folder = folder;
    this.#random = randomFrom(seed + 1);
  }

  /** Works until `performance.now()` is `until`. */
  async workUntil(until: number): Promise<void> {
    while ((await this.#send('MKCOL', '', { expected: [201, 405] })) === undefined) {
      // A fault; the folder is needed.
    }
    const tasks = [
      () => this.#put(),
      () => this.#put(),
      () => this.#get(),
      () => this.#get(),
      () => this.#list(),
      () => this.#delete(),
      () => this.#move(),
      () => this.#lock(),
    ];
    while (performance.now() < until) {
      await tasks[this.#pick(tasks.length)]!();
    }
  }

  async #put(): Promise<void> {
    const name = this.#name();
    const body = Buffer.alloc(SIZES[this.#pick(SIZES.length)]!, `${name} ${this.requests} `);
    this.#now(name, await this.#send('PUT', name, { body, expected: [201, 204] }), hashOf(body));
  }

  async #get(): Promise<void> {
    const name = this.#name();
    const may = this.#may(name);
    const expected = [...(may.has(null) ? [404] : []), ...(may.size > 1 || !may.has(null) ? [200] : [])];
    const answer = await this.#send('GET', name, { expected });
    if (answer !== undefined) {
      this.#saw(name, answer.status === 404 ? null : hashOf(answer.body));
    }
  }

  async #delete(): Promise<void> {
    const name = this.#name();
    const expected = this.#may(name).has(null) ? [204, 404] : [204];
    this.#now(name, await this.#send('DELETE', name, { expected }), null);
  }

  async #move(): Promise<void> {
    const [from, to] = [this.#name(), this.#name()];
    const [source] = this.#may(from);
    if (from === to || this.#may(from).size !== 1 || source === null) {
      return;
    }
    const headers = { Destination: `${this.#served.url}${this.#folder}/${to}` };
    const answer = await this.#send('MOVE', from, { headers, expected: [201, 204] });
    this.#now(to, answer, source!);
    this.#now(from, answer, null);
  }

  async #lock(): Promise<void> {
    const name = this.#name();
    const [content] = this.#may(name);
    if (this.#may(name).size !== 1 || content === null) {
      return;
    }
    const locked = await this.#send('LOCK', name, { body: Buffer.from(LOCK_BODY), expected: [200] });
    if (locked === undefined) {
      return;
    }
    const headers = { 'Lock-Token': String(locked.headers['lock-token']) };
    while ((await this.#send('UNLOCK', name, { headers, expected: [204] })) === undefined) {
      // A fault; the file must not stay locked.
    }
  }

  /** A listing shows each file that must be there and none that cannot be. */
  async #list(): Promise<void> {
    const answer = await this.#send('PROPFIND', '', { headers: { Depth: '1' }, expected: [207] });
    if (answer === undefined) {
      return;
    }
    const names = new Set([...answer.body.toString().matchAll(/\/(file-\d+)<\/D:href>/g)].map(match => match[1]!));
    for (const [name, may] of this.#files) {
      if (names.has(name) ? may.size === 1 && may.has(null) : !may.has(null)) {
        this.complaints.push(`${this.#folder} shows ${names.has(name) ? 'a removed' : 'no'} ${name}`);
      }
    }
  }

  /** Returns the answer, or undefined for a refusal. Complains about a status that is neither expected nor one. */
  async #send(
    method: string,
    name: string,
    options: {
      readonly expected: readonly number[];
      readonly headers?: Record<string, string>;
      readonly body?: Buffer;
    },
  ): Promise<Answer | undefined> {
    this.requests += 1;
    const { url, headers } = this.#served;
    const answer = await request(`${url}${this.#folder}/${name}`, {
      method: method as 'GET',
      headers: { ...headers, ...options.headers },
      ...(options.body === undefined ? {} : { body: options.body }),
    });
    // A proxied file whose end is a fault is cut off, so that nobody takes a part for the whole.
    const body = await answer.body.arrayBuffer().then(Buffer.from, () => undefined);
    if (REFUSALS.includes(answer.statusCode) || body === undefined) {
      this.refused += 1;
      return undefined;
    }
    if (!options.expected.includes(answer.statusCode)) {
      const may = [...this.#may(name)].join(' or ');
      this.complaints.push(`${method} ${this.#folder}/${name}, which may be ${may}: ${answer.statusCode} ${body}`);
    }
    return { status: answer.statusCode, headers: answer.headers, body };
  }

  #may(name: string): Set<Content> {
    return this.#files.get(name) ?? new Set([null]);
  }

  /** After a change: its content, or also that before where nobody knows whether it was made. */
  #now(name: string, answer: Answer | undefined, content: Content): void {
    this.#files.set(name, new Set([content, ...(answer === undefined ? this.#may(name) : [])]));
  }

  #saw(name: string, content: Content): void {
    if (!this.#may(name).has(content)) {
      this.complaints.push(`${this.#folder}/${name} is ${content}, and may be ${[...this.#may(name)].join(' or ')}`);
    }
    this.#files.set(name, new Set([content]));
  }

  #name(): string {
    return `file-${this.#pick(NAMES)}`;
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 12);
}
