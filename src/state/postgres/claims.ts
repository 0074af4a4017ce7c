import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Claim } from '../lock-store.ts';
import type { Peers } from '../peers.ts';
import { isAtOrBelow, type Place, placeKey, placeOfKey } from '../place.ts';
import type { Database, Queries, StepQueries } from './database.ts';
import { CLAIM_STATEMENTS as SQL } from './lock-statements.ts';

/** This server among those that share the database. */
export interface Member extends Pick<Peers, 'tell' | 'on'> {
  /** The id under which it works; another one after it was taken for dead. */
  readonly id: string;
  /** Returns true while no other server can take it for dead. Asks nobody. */
  hasLease(): boolean;
  /** Aborted when it loses the lease of its id. */
  readonly lost: AbortSignal;
  /** Milliseconds to be added to this machine's time to get that of the database. */
  readonly clockOffsetMs: number;
}

/** A claim of a server that has died tells nobody of its end: it is noticed so soon. */
const LOOK_EACH_MS = 1_000;
/** After a failure to delete the record of an ended claim. */
const TRY_AGAIN_MS = 1_000;
/** A step without an answer may still be at work in the database for so long (`connect.ts`). */
const MAY_COME_MS = 15_000;

/**
 * The changes under way of all servers, in the table `claims`. A claim counts until it ends, or its server is not alive
 * any more.
 */
export class Claims {
  readonly #database: Database;
  readonly #member: Member;
  /** Of this server, by id: settled when the claim has ended. */
  readonly #own = new Map<string, PromiseWithResolvers<void>>();
  /** Ended, but still in the table; and until when, by the steady clock, the record may still come. */
  readonly #ended = new Map<string, number>();
  readonly #closed = new AbortController();
  readonly #unsubscribe: () => void;
  #sweeping: Promise<void> | undefined;
  /** Resolved when any claim has ended, here or elsewhere. */
  #anyEnd = Promise.withResolvers<void>();

  constructor(database: Database, member: Member) {
    this.#database = database;
    this.#member = member;
    this.#unsubscribe = member.on('claim', () => this.#wake());
  }

  /** Notes, at the end of a step, a change at and below `places`. */
  begin(queries: StepQueries, id: string, places: readonly Place[]): void {
    queries.last(SQL.insert, id, this.#member.id, places.map(placeKey));
  }

  /** Lets `step` record a claim by the id that it gets. Nothing is left of it when there is none in the end. */
  async claiming<T extends object>(step: (id: string) => Promise<T | undefined>): Promise<T | Claim> {
    const id = randomUUID();
    const { id: server, lost } = this.#member;
    this.#own.set(id, Promise.withResolvers());
    try {
      const refusal = await step(id);
      if (refusal !== undefined) {
        this.#forget(id);
        return refusal;
      }
    } catch (error) {
      // Whether the record is there, or comes, is not known.
      this.#forget(id);
      this.#ended.set(id, performance.now() + MAY_COME_MS);
      this.#sweep();
      throw error;
    }
    return {
      isHeld: () => this.#own.has(id) && this.#member.hasLease() && this.#member.id === server,
      lost,
      end: () => this.#end(id),
    };
  }

  /** Returns, as a part of a step, the claims of other servers for one of `places`. */
  async rivals(queries: Queries, places: readonly Place[]): Promise<readonly string[]> {
    const keys = new Set(places.map(placeKey));
    const claims = await queries.read(SQL.living);
    return claims
      .filter(claim => !this.#own.has(claim.id) && claim.places.some(key => keys.has(key)))
      .map(({ id }) => id);
  }

  /** Returns, as a part of a step, whether anything above, at or below `place` is being changed. */
  async isAny(queries: Queries, place: Place): Promise<boolean> {
    return (await this.#inTheWayOf(queries, place)).length > 0;
  }

  /** Resolves when the changes above, at or below `place` that are under way now have ended. */
  async settled(place: Place): Promise<void> {
    await this.gone(await this.#inTheWayOf(this.#database, place));
  }

  /** Resolves when these have ended, or their server has died. */
  async gone(claims: readonly string[]): Promise<void> {
    let left = claims;
    while (left.length > 0) {
      const own = left.flatMap(id => this.#own.get(id)?.promise ?? []);
      if (own.length === left.length) {
        await Promise.all(own);
        return;
      }
      // One that ends from here on is told, or is not found any more.
      const anyEnd = this.#anyEnd.promise;
      const { rows } = await this.#database.write(SQL.await, left);
      left = rows.map(({ id }) => id).filter(id => !this.#ended.has(id));
      if (left.length > 0) {
        await this.#untilSomethingEnds(anyEnd);
      }
    }
  }

  /** Deletes what dead servers have left. */
  async removeDead(): Promise<void> {
    await this.#database.write(SQL.removeDead);
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#closed.abort();
    await this.#sweeping;
  }

  async #inTheWayOf(queries: Pick<Queries, 'read'>, place: Place): Promise<string[]> {
    const claims = await queries.read(SQL.living);
    return claims
      .filter(({ id, places }) => !this.#ended.has(id) && places.some(key => overlaps(placeOfKey(key), place)))
      .map(({ id }) => id);
  }

  async #end(id: string): Promise<void> {
    if (!this.#own.has(id)) {
      return;
    }
    this.#forget(id);
    this.#ended.set(id, 0);
    try {
      await this.#removeEnded();
    } catch {
      this.#sweep();
    }
  }

  #forget(id: string): void {
    this.#own.get(id)?.resolve();
    this.#own.delete(id);
    this.#wake();
  }

  #wake(): void {
    this.#anyEnd.resolve();
    this.#anyEnd = Promise.withResolvers();
  }

  async #untilSomethingEnds(anyEnd: Promise<void>): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#closed.signal, over.signal]);
    try {
      await Promise.race([anyEnd, delay(LOOK_EACH_MS, undefined, { signal })]);
    } finally {
      over.abort();
    }
  }

  async #removeEnded(): Promise<void> {
    const now = performance.now();
    const ended = [...this.#ended];
    const { rows } = await this.#database.write(
      SQL.remove,
      ended.map(([id]) => id),
    );
    for (const { id } of rows.filter(({ is_awaited }) => is_awaited)) {
      void this.#member.tell('claim', { id });
    }
    for (const [id, mayComeUntil] of ended) {
      if (mayComeUntil <= now) {
        this.#ended.delete(id);
      }
    }
  }

  /** Deletes the records of ended claims as soon as the database is there again. */
  #sweep(): void {
    const run = async () => {
      while (this.#ended.size > 0) {
        await delay(TRY_AGAIN_MS, undefined, { ref: false, signal: this.#closed.signal });
        await this.#removeEnded().catch(() => {});
      }
    };
    this.#sweeping ??= run()
      .catch(() => {})
      .finally(() => {
        this.#sweeping = undefined;
      });
  }
}

function overlaps(one: Place, other: Place): boolean {
  return isAtOrBelow(one, other) || isAtOrBelow(other, one);
}
