interface Task {
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

export interface FairQueueOptions {
  /** The maximum number of concurrent tasks. */
  readonly parallel: number;
  /** The maximum number of waiting tasks per lane. */
  readonly maxPerLane: number;
  /** The maximum number of waiting tasks in total. */
  readonly max: number;
}

/** The queue has no room for the task, which was not started. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/**
 * Runs a few tasks at a time, taking from each lane in turn: a busy lane delays only itself. When the queue is full,
 * the longest lane makes room for a shorter one.
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  /** The lanes in the order of their turns; none is empty. */
  readonly #lanes = new Map<string, Task[]>();
  #waiting = 0;
  #active = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  /** Runs `task` in its turn. Throws QueueFullError, and any error of `task`. */
  async run<T>(lane: string, task: () => Promise<T>): Promise<T> {
    if (this.#active >= this.#options.parallel) {
      await this.#wait(lane);
    } else {
      this.#active += 1;
    }
    try {
      return await task();
    } finally {
      this.#passOn();
    }
  }

  #wait(lane: string): Promise<void> {
    const own = this.#lanes.get(lane) ?? [];
    const hasRoom = this.#waiting < this.#options.max || this.#makeRoom(own.length);
    if (own.length >= this.#options.maxPerLane || !hasRoom) {
      throw new QueueFullError('too much is waiting');
    }
    return new Promise((start, refuse) => {
      own.push({ start, refuse });
      this.#lanes.set(lane, own);
      this.#waiting += 1;
    });
  }

  /** Drops the last task of the longest lane, if it is longer than a lane of `length` tasks. */
  #makeRoom(length: number): boolean {
    let longest: [lane: string, tasks: Task[]] | undefined;
    for (const entry of this.#lanes) {
      longest = entry[1].length > (longest?.[1].length ?? length + 1) ? entry : longest;
    }
    // It has at least two tasks, so it does not become empty.
    const victim = longest?.[1].pop();
    if (victim === undefined) {
      return false;
    }
    this.#waiting -= 1;
    victim.refuse(new QueueFullError('too much is waiting'));
    return true;
  }

  /** Passes the place of a finished task to the next waiting one, not to a new arrival. */
  #passOn(): void {
    const [next] = this.#lanes;
    if (next === undefined) {
      this.#active -= 1;
      return;
    }
    const [lane, tasks] = next;
    const task = tasks.shift()!;
    // Moves the lane to the end.
    this.#lanes.delete(lane);
    if (tasks.length > 0) {
      this.#lanes.set(lane, tasks);
    }
    this.#waiting -= 1;
    task.start();
  }
}
