import { currentCaller } from '../lib/caller.ts';
import { GraphError } from './errors.ts';

/** The limit of waiting requests, in total and for one person; beyond it something is badly stuck. */
const MAX_QUEUE = 4_000;
const MAX_QUEUE_OF_ONE = 1_000;
const RETRY_AFTER_SECONDS = 10;

/** The mailbox and the person that a request is for. */
interface Asker {
  /** The target mailbox or site. */
  readonly lane: string;
  /** `undefined`: the server's own request. */
  readonly user: string | undefined;
  readonly connection: object | undefined;
}

interface Waiter extends Asker {
  readonly enter: () => void;
}

/**
 * Limits the requests under way at once, so that no mailbox or person can take all places from the others: when all are
 * taken, perhaps by hanging calls, a mailbox or person with few calls under way still gets some more, up to a limit.
 * Those with fewer requests under way go first, and people go before the server's own requests.
 */
export class Places {
  #max = 0;
  /** The number of places that a mailbox or person gets even when all are taken. */
  #share = 0;
  readonly #waiting: Waiter[] = [];
  readonly #active = new Map<unknown, number>();
  /** The turn of each one's last admission: persons by name, connections by object. */
  readonly #turnsOfUsers = new Map<string | undefined, number>();
  readonly #turnsOfConnections = new WeakMap<object, number>();
  #turn = 0;
  #total = 0;

  constructor(max: number) {
    this.limit(max);
  }

  /** Changes the limit; requests under way go on. */
  limit(max: number): void {
    this.#max = max;
    this.#share = Math.ceil(max / 4);
    this.#letIn();
  }

  /** The numbers of requests under way and waiting. */
  get load(): { readonly active: number; readonly waiting: number } {
    return { active: this.#total, waiting: this.#waiting.length };
  }

  /**
   * Waits for a place for a request to `lane`; returns the function that releases it. Throws GraphError `throttled`,
   * `aborted`.
   */
  async take(lane: string, signal: AbortSignal): Promise<() => void> {
    const caller = currentCaller();
    const asker = { lane, user: caller?.user, connection: caller?.connection };
    if (this.#waiting.length > 0 || !this.#mayStart(asker)) {
      await this.#queueUp(asker, signal);
    } else {
      this.#count(asker, 1);
    }
    let isTaken = true;
    return () => {
      if (isTaken) {
        isTaken = false;
        this.#count(asker, -1);
        this.#letIn();
      }
    };
  }

  #mayStart({ lane, user }: Asker): boolean {
    return (
      this.#total < this.#max ||
      (this.#total < 2 * this.#max && this.#of(laneKey(lane)) < this.#share) ||
      (user !== undefined && this.#total < 3 * this.#max && this.#of(userKey(user)) < this.#share)
    );
  }

  #queueUp(asker: Asker, signal: AbortSignal): Promise<void> {
    const isOwn = ({ user }: Asker) => user === asker.user;
    if (this.#waiting.length >= MAX_QUEUE || this.#waiting.filter(isOwn).length >= MAX_QUEUE_OF_ONE) {
      throw new GraphError('throttled', 'too many requests are waiting for Microsoft', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    return new Promise((resolve, reject) => {
      const waiter = {
        ...asker,
        enter: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(new GraphError('aborted', 'the request was aborted while queueing', { cause: signal.reason }));
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
      // A place may be free for another waiter.
      this.#letIn();
    });
  }

  #letIn(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#count(next, 1);
      this.#noteTurn(next);
      next.enter();
    }
  }

  #noteTurn({ user, connection }: Asker): void {
    this.#turn += 1;
    this.#turnsOfUsers.set(user, this.#turn);
    if (connection !== undefined) {
      this.#turnsOfConnections.set(connection, this.#turn);
    }
  }

  /**
   * Returns, of those that may start, the one with the fewest requests under way; among equals the one whose last turn
   * was longest ago, then the first to arrive.
   */
  #next(): Waiter | undefined {
    let best: { waiter: Waiter; rank: readonly number[] } | undefined;
    for (const waiter of this.#waiting) {
      const rank = this.#mayStart(waiter) ? this.#rankOf(waiter) : undefined;
      if (rank !== undefined && (best === undefined || isLess(rank, best.rank))) {
        best = { waiter, rank };
      }
    }
    return best?.waiter;
  }

  #rankOf({ lane, user, connection }: Asker): readonly number[] {
    const isBackground = user === undefined ? 1 : 0;
    const underWay = [this.#of(userKey(user)), this.#of(laneKey(lane)), this.#of(connection)];
    const turns = [this.#turnsOfUsers.get(user), connection && this.#turnsOfConnections.get(connection)];
    return [isBackground, ...underWay, ...turns.map(turn => turn ?? 0)];
  }

  #of(key: unknown): number {
    return this.#active.get(key) ?? 0;
  }

  #count({ lane, user, connection }: Asker, change: 1 | -1): void {
    this.#total += change;
    for (const key of [laneKey(lane), userKey(user), connection]) {
      const count = this.#of(key) + change;
      if (count === 0) {
        this.#active.delete(key);
      } else {
        this.#active.set(key, count);
      }
    }
  }
}

function laneKey(lane: string): string {
  return `lane ${lane}`;
}

function userKey(user: string | undefined): string {
  return `user ${user ?? ''}`;
}

function isLess(left: readonly number[], right: readonly number[]): boolean {
  const at = left.findIndex((value, index) => value !== right[index]);
  return at !== -1 && left[at]! < right[at]!;
}
