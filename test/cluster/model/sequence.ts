import { type Fate, Misbehaviour, ModelClient } from './client.ts';
import { History, isFailure, TooManyWorlds } from './history.ts';
import { FILES, type File, type Operation } from './world.ts';

/** A server of the cluster, as a sequence sees it. */
export interface Target {
  readonly name: string;
  readonly url: string | undefined;
}

/** What happens to the servers meanwhile. */
export interface Surroundings {
  readonly servers: readonly Target[];
  /** Whether an answer of this server may have to wait for the end of a fault. */
  isDisturbed(server: Target): boolean;
  /** Resolves when a fault has next begun or ended. */
  nextFault(): Promise<void>;
  /** Called when an operation has ended. */
  ended(): void;
}

export interface SequenceOptions {
  /** From 0 to 1, the same for the same seed. */
  readonly random: () => number;
  /** In which its files are, with slashes. */
  readonly folder: string;
  readonly users: readonly string[];
  readonly surroundings: Surroundings;
  /** Told of each call and answer. */
  readonly note: (line: string) => void;
}

/** Of one sequence: more would have too many orders. */
const MAX_OPEN = 3;
/** Each of these may have an effect at any later time. */
const MAX_TORN = 2;
/** Of PUT with If-Match. */
const CONDITIONAL_SHARE = 0.25;

type Kind = Operation['kind'];
const KINDS: readonly (readonly [kind: Kind, weight: number])[] = [
  ['put', 8],
  ['get', 4],
  ['lock', 5],
  ['unlock', 3],
  ['locks', 2],
  ['delete', 2],
  ['move', 2],
  ['refresh', 1],
];

/** Counts of what has happened, by which a run shows that it has not only been refused. */
export type Counts = Record<
  'sent' | 'done' | 'refused' | 'failed' | 'torn' | 'unsent' | 'overlapped' | 'abandoned',
  number
>;

/** Clients of a few users that use two files at once, at random servers. */
export class Sequence {
  readonly history = new History();
  readonly counts: Counts = {
    sent: 0,
    done: 0,
    refused: 0,
    failed: 0,
    torn: 0,
    unsent: 0,
    overlapped: 0,
    abandoned: 0,
  };
  readonly #options: SequenceOptions;
  readonly #client: ModelClient;
  readonly #open = new Map<number, Promise<void>>();
  /** Locks that were taken, newest last: by user, with the file. */
  readonly #locks: { readonly id: number; readonly user: string; readonly file: File }[] = [];
  readonly #puts: number[] = [];
  #id = 0;
  #failure: unknown;
  #openGates = () => {};

  constructor(options: SequenceOptions) {
    this.#options = options;
    this.#client = new ModelClient(options.folder);
  }

  /** Rejects with Misbehaviour at the first answer that no order explains. */
  async play(operations: number): Promise<void> {
    for (let count = 0; count < operations && !this.#isOver(); count += 1) {
      await this.#next();
      this.#throwFailure();
    }
    this.#openGates();
    await Promise.all(this.#open.values());
    this.#throwFailure();
  }

  /** After the faults: every server shows the same, and what it shows is possible. */
  async lookEverywhere(): Promise<void> {
    if (this.counts.abandoned > 0) {
      return;
    }
    for (const server of this.#options.surroundings.servers) {
      for (const file of FILES) {
        for (const kind of ['get', 'locks'] as const) {
          await this.#start({ kind, file, id: this.#newId() }, { server, user: this.#options.users[0]! });
          this.#throwFailure();
        }
      }
    }
  }

  async close(): Promise<void> {
    this.#openGates();
    await this.#client.close();
  }

  async #next(): Promise<void> {
    const { surroundings, users } = this.#options;
    const server = this.#pickServer();
    const user = this.#pick(users);
    const operation = this.#choose(user);
    const isSlow = operation.kind === 'put' && this.#chance(0.2);
    const gate = isSlow ? this.#makeGate() : undefined;
    const answered = this.#start(operation, { server, user, gate });
    if (isSlow) {
      return;
    }
    this.#openGates();
    const mayHang = surroundings.isDisturbed(server);
    if (!mayHang && this.#chance(0.6)) {
      await Promise.race([answered, surroundings.nextFault()]);
    }
    if (this.#open.size >= MAX_OPEN) {
      this.#openGates();
      await Promise.race(this.#open.values());
    }
  }

  #isOver(): boolean {
    return this.counts.torn >= MAX_TORN || this.counts.abandoned > 0;
  }

  #throwFailure(): void {
    if (this.#failure instanceof TooManyWorlds) {
      // It is no sequence that counts, and nothing is known against it.
      this.counts.abandoned = 1;
    } else if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  /** One that runs, if there is one; now and then one that does not. */
  #pickServer(): Target {
    const { servers } = this.#options.surroundings;
    const running = servers.filter(({ url }) => url !== undefined);
    return this.#pick(running.length === 0 || this.#chance(0.02) ? servers : running);
  }

  /** Slow bodies go on when something else has been sent. */
  #makeGate(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const others = this.#openGates;
    this.#openGates = () => {
      others();
      resolve();
    };
    return promise;
  }

  #start(
    operation: Operation,
    { server, user, gate }: { server: Target; user: string; gate?: Promise<void> | undefined },
  ): Promise<void> {
    const { note } = this.#options;
    const words = `${describe(operation)} by ${user} at ${server.name}${gate === undefined ? '' : ', slowly'}`;
    this.counts.sent += 1;
    this.counts.overlapped += this.#open.size > 0 ? 1 : 0;
    note(`→ ${words}`);
    this.history.called(operation);
    const sent = this.#send(operation, { server, user, gate });
    const judged = sent.then(fate => {
      note(`← ${words}: ${typeof fate === 'string' ? fate : [fate.status, fate.saw].join(' ')}`);
      this.#judge(operation, { fate, user, words });
    });
    const ended = judged
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#open.delete(operation.id);
        this.#options.surroundings.ended();
      });
    this.#open.set(operation.id, ended);
    return ended;
  }

  async #send(
    operation: Operation,
    { server, user, gate }: { server: Target; user: string; gate: Promise<void> | undefined },
  ): Promise<Fate> {
    const { url } = server;
    return url === undefined ? 'unsent' : await this.#client.send(operation, { server: url, user, gate });
  }

  #judge(operation: Operation, { fate, user, words }: { fate: Fate; user: string; words: string }): void {
    const { id, kind, file } = operation;
    if (typeof fate === 'string') {
      this.counts[fate] += 1;
      if (fate === 'torn') {
        this.history.tore(id);
      } else {
        this.history.neverSent(id);
      }
      return;
    }
    const { status } = fate;
    this.counts[isFailure(status) ? 'failed' : status < 300 ? 'done' : 'refused'] += 1;
    const before = this.history.describe();
    if (!this.history.answered(id, fate)) {
      throw new Misbehaviour(`no order explains ${words}: ${status} ${fate.saw ?? ''}; before it:\n${before}`);
    }
    if (kind === 'put' && status < 300) {
      this.#puts.push(id);
    }
    const lock = kind === 'lock' && status < 300 ? id : kind === 'locks' ? Number(fate.saw ?? Number.NaN) : Number.NaN;
    if (Number.isFinite(lock) && !this.#locks.some(one => one.id === lock)) {
      this.#locks.push({ id: lock, user: kind === 'lock' ? user : this.#takers.get(lock)!, file });
    }
  }

  readonly #takers = new Map<number, string>();

  #choose(user: string): Operation {
    const [id, file] = [this.#newId(), this.#pick(FILES)];
    const lock = this.#locks.findLast(one => one.user === user && one.file === file)?.id;
    const token = lock !== undefined && this.#chance(0.8) ? lock : undefined;
    const kind = this.#pickKind();
    switch (kind) {
      case 'put': {
        const put = this.#puts.at(-1);
        const ifVersion = put !== undefined && this.#chance(CONDITIONAL_SHARE) ? String(put) : undefined;
        return { kind, id, file, token, ifVersion };
      }
      case 'delete':
        return { kind, id, file, token };
      case 'move':
        return { kind, id, file, token, to: FILES.find(one => one !== file)! };
      case 'refresh':
      case 'unlock':
        return lock === undefined ? { kind: 'get', id, file } : { kind, id, file, token: lock };
      case 'lock':
        this.#takers.set(id, user);
        return { kind, id, file };
      default:
        return { kind, id, file };
    }
  }

  #pickKind(): Kind {
    let rest = this.#options.random() * KINDS.reduce((sum, [, weight]) => sum + weight, 0);
    return KINDS.find(([, weight]) => {
      rest -= weight;
      return rest < 0;
    })![0];
  }

  #newId(): number {
    this.#id += 1;
    return this.#id;
  }

  #pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.#options.random() * all.length)]!;
  }

  #chance(share: number): boolean {
    return this.#options.random() < share;
  }
}

function describe(operation: Operation): string {
  const { kind, id, file, ...more } = operation as Operation & Record<string, unknown>;
  const rest = Object.entries(more).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  return [id, kind, file, ...rest].join(' ');
}
