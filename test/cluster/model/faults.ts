import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterProcess, ProcessCluster } from '../../support/cluster-processes.ts';
import type { Surroundings, Target } from './sequence.ts';

/** Begins a fault of one server; returns what ends it. */
type Fault = (server: ClusterProcess) => Promise<() => Promise<void> | void>;

/** `short` faults are over before the others take the server for dead, `long` ones are not. */
type Length = 'short' | 'long';

const FAULTS: Record<string, { readonly begin: Fault; readonly isLong?: boolean }> = {
  'kill -9': {
    begin: async server => {
      await server.kill();
      return () => server.start();
    },
  },
  restart: {
    begin: async server => {
      await server.stop();
      return () => server.start();
    },
  },
  'kill -STOP': {
    isLong: true,
    begin: async server => {
      server.pause();
      return () => server.resume();
    },
  },
  'a line to the database that is silent': {
    isLong: true,
    begin: async ({ line }) => {
      line.hold();
      return () => line.mend();
    },
  },
  'a line to the database that is cut': {
    isLong: true,
    begin: async ({ line }) => {
      line.cut();
      return () => line.mend();
    },
  },
};

/** How long a server stays dead for the others, at most. */
const LONGEST_AFTER_MS = 3_000;
/** Between two looks whether a server counts as dead. */
const LOOK_MS = 50;
/** How many operations end before and during a fault, at most. */
const MOST_OPERATIONS = { before: 25, during: 15 };

export interface FaultsOptions {
  readonly random: () => number;
  readonly note: (line: string) => void;
  /** The share of long ones among those that can be long. */
  readonly longShare: number;
}

/** Does one thing after the other to random servers, as long as the sequences go on. */
export class Faults implements Surroundings {
  readonly servers: readonly ClusterProcess[];
  readonly counts: Record<string, number> = {};
  readonly #cluster: ProcessCluster;
  readonly #options: FaultsOptions;
  #disturbed: Target | undefined;
  #ended = 0;
  #next = Promise.withResolvers<void>();
  #progress = Promise.withResolvers<void>();
  #isOver = false;

  constructor(cluster: ProcessCluster, options: FaultsOptions) {
    this.servers = cluster.servers;
    this.#cluster = cluster;
    this.#options = options;
  }

  isDisturbed(server: Target): boolean {
    return server === this.#disturbed;
  }

  nextFault(): Promise<void> {
    return this.#next.promise;
  }

  ended(): void {
    this.#ended += 1;
    this.#tellProgress();
  }

  /** Ends the fault of the moment, and begins no more. */
  stop(): void {
    this.#isOver = true;
    this.#tellProgress();
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      await this.#after(this.#atMost(MOST_OPERATIONS.before));
      if (!this.#isOver) {
        await this.#play();
      }
    }
  }

  async #play(): Promise<void> {
    const server = this.#pick(this.servers);
    const [name, { begin, isLong = false }] = this.#pick(Object.entries(FAULTS));
    const length: Length = isLong && this.#options.random() < this.#options.longShare ? 'long' : 'short';
    const words = `${name} of ${server.name}${isLong ? `, ${length}` : ''}`;
    this.counts[`${name}${isLong ? `, ${length}` : ''}`] =
      (this.counts[`${name}${isLong ? `, ${length}` : ''}`] ?? 0) + 1;
    this.#options.note(`*** ${words}`);
    this.#disturbed = server;
    const end = await begin(server);
    this.#tellFault();
    await this.#last(length, isLong);
    this.#options.note(`*** end of ${words}`);
    await end();
    this.#disturbed = undefined;
    this.#tellFault();
  }

  /** Waits as long as the fault is to last. */
  async #last(length: Length, isLong: boolean): Promise<void> {
    const isEnough = this.#after(this.#atMost(MOST_OPERATIONS.during));
    if (!isLong) {
      await isEnough;
    } else if (length === 'long') {
      await this.#untilSomebodyIsDead();
      // All that is left may wait for this server.
      await Promise.race([isEnough, pause(LONGEST_AFTER_MS)]);
    } else {
      // Everybody may wait for the one that stands still.
      await Promise.race([isEnough, this.#untilSomebodyIsDead()]);
    }
  }

  async #untilSomebodyIsDead(): Promise<void> {
    while ((await this.#cluster.state.alive()) >= this.servers.length && !this.#isOver) {
      await pause(LOOK_MS);
    }
  }

  /** Resolves when so many more operations have ended, or there are no more. */
  async #after(operations: number): Promise<void> {
    const until = this.#ended + operations;
    while (this.#ended < until && !this.#isOver) {
      await this.#progress.promise;
    }
  }

  #tellProgress(): void {
    const { resolve } = this.#progress;
    this.#progress = Promise.withResolvers();
    resolve();
  }

  #tellFault(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve();
  }

  #atMost(count: number): number {
    return 1 + Math.floor(this.#options.random() * count);
  }

  #pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.#options.random() * all.length)]!;
  }
}
