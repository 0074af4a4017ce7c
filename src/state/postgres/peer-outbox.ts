import type { Letter } from './peer-wire.ts';

/** What goes in one round trip. */
export interface Batch {
  readonly isHeartbeat: boolean;
  readonly letters: readonly Letter[];
  /** Numbers of messages to be acknowledged, by the id of their server. */
  readonly heard: ReadonlyMap<string, readonly number[]>;
}

interface OutboxOptions {
  /** Returns false while there is no way to the others. */
  readonly isOpen: () => boolean;
  /** Never rejects. */
  readonly send: (batch: Batch) => Promise<void>;
}

/** What waits to be sent to the other servers: all of it goes in one round trip, and what comes meanwhile in the next. */
export class Outbox {
  readonly #options: OutboxOptions;
  #letters: Letter[] = [];
  #heard = new Map<string, number[]>();
  #isHeartbeatDue = false;
  #flushing: Promise<void> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  put(letter: Letter): void {
    this.#letters.push(letter);
    void this.flush();
  }

  acknowledge(server: string, number: number): void {
    this.#heard.set(server, [...(this.#heard.get(server) ?? []), number]);
    void this.flush();
  }

  beat(): void {
    this.#isHeartbeatDue = true;
    void this.flush();
  }

  /** With another connection, what was to be acknowledged on the last one is told again. */
  forgetHeard(): void {
    this.#heard.clear();
  }

  /** Puts these in place of all letters. */
  replace(letters: readonly Letter[]): void {
    this.#letters = [...letters];
  }

  /** Resolves when nothing is under way any more. */
  flush(): Promise<void> {
    this.#flushing ??= this.#sendAll().finally(() => {
      this.#flushing = undefined;
      if (this.#canSend()) {
        void this.flush();
      }
    });
    return this.#flushing;
  }

  async #sendAll(): Promise<void> {
    // In the same turn others may have something to say as well.
    await Promise.resolve();
    while (this.#canSend()) {
      const batch = { isHeartbeat: this.#isHeartbeatDue, letters: this.#letters, heard: this.#heard };
      this.#isHeartbeatDue = false;
      this.#letters = [];
      this.#heard = new Map();
      await this.#options.send(batch);
    }
  }

  #canSend(): boolean {
    const hasWork = this.#isHeartbeatDue || this.#letters.length > 0 || this.#heard.size > 0;
    return hasWork && this.#options.isOpen();
  }
}
