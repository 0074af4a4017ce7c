interface Task {
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

export interface FairQueueOptions {
  /** Tasks at once. */
  readonly parallel: number;
  /** Tasks of one lane that may wait. */
  readonly maxPerLane: number;
  /** Tasks that may wait in all. */
  readonly max: number;
}

/** There is no room for the task; it was never begun. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/**
 * Runs tasks a few at a time, and takes from each lane in its turn: who asks for much waits behind itself. When all is
 * full, the longest lane makes room for a shorter one.
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  /** In the order of their turns; none is empty. */
  readonly #lanes = new Map<string, Task[]>();
  #waiting = 0;
  #active = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  /** Runs `task` when it is its turn. Throws QueueFullError, and what `task` throws. */
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

  /** Gives up the last task of the longest lane, when that is longer than one of `length` tasks will be. */
  #makeRoom(length: number): boolean {
    let longest: [lane: string, tasks: Task[]] | undefined;
    for (const entry of this.#lanes) {
      longest = entry[1].length > (longest?.[1].length ?? length + 1) ? entry : longest;
    }
    // It has two at least, so that it is not empty then.
    const victim = longest?.[1].pop();
    if (victim === undefined) {
      return false;
    }
    this.#waiting -= 1;
    victim.refuse(new QueueFullError('too much is waiting'));
    return true;
  }

  /** The place of a task that has ended goes to the next one, and not to somebody who has just come. */
  #passOn(): void {
    const [next] = this.#lanes;
    if (next === undefined) {
      this.#active -= 1;
      return;
    }
    const [lane, tasks] = next;
    const task = tasks.shift()!;
    // To the end of the line.
    this.#lanes.delete(lane);
    if (tasks.length > 0) {
      this.#lanes.set(lane, tasks);
    }
    this.#waiting -= 1;
    task.start();
  }
}
