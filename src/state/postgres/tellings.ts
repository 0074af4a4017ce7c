import type { WireMessage } from './peer-wire.ts';

/** A message and the servers that have not acknowledged it yet. */
interface Telling {
  readonly content: Pick<WireMessage, 'topic' | 'message'>;
  readonly waiting: Set<string>;
  readonly done: () => void;
}

/** What was told to others and is not acknowledged by all of them. A member is one connection of a server. */
export class Tellings {
  readonly #open = new Map<number, Telling>();
  #last = 0;

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** Notes a message to these members; `told` resolves when none of them is waited for any more. */
  add(
    content: Telling['content'],
    members: Iterable<string>,
  ): { readonly number: number; readonly told: Promise<void> } {
    this.#last += 1;
    const { promise: told, resolve: done } = Promise.withResolvers<void>();
    this.#open.set(this.#last, { content, waiting: new Set(members), done });
    return { number: this.#last, told };
  }

  acknowledged(member: string, numbers: readonly number[]): void {
    for (const number of numbers) {
      this.#release(number, member);
    }
  }

  /** The member cannot use what it remembers any more. */
  gone(member: string): void {
    for (const number of [...this.#open.keys()]) {
      this.#release(number, member);
    }
  }

  /** Returns all that is open, to be told to `members` anew: their earlier acknowledgements may be lost. */
  again(members: readonly string[]): (Telling['content'] & { readonly number: number })[] {
    for (const [number, telling] of [...this.#open]) {
      telling.waiting.clear();
      for (const member of members) {
        telling.waiting.add(member);
      }
      this.#finish(number, telling);
    }
    return [...this.#open].map(([number, { content }]) => ({ number, ...content }));
  }

  /** Nobody is waited for any more. */
  giveUp(): void {
    for (const { done } of this.#open.values()) {
      done();
    }
    this.#open.clear();
  }

  #release(number: number, member: string): void {
    const telling = this.#open.get(number);
    if (telling?.waiting.delete(member)) {
      this.#finish(number, telling);
    }
  }

  #finish(number: number, { waiting, done }: Telling): void {
    if (waiting.size === 0) {
      this.#open.delete(number);
      done();
    }
  }
}
