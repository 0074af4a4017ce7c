import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { Log } from '../../lib/log.ts';
import { DatabaseClock } from './database-clock.ts';
import { Lease } from './lease.ts';
import { channelOf } from './peer-wire.ts';
import { enter, SERVER_ROWS, type Seat, type SeenRow } from './server-rows.ts';

/** In leases: what an id that is given up has sent may still arrive for so long. */
const MARGIN = 0.2;

export interface PeerSeatOptions {
  /** Shown to operators. */
  readonly name: string;
  readonly leaseMs: number;
  /** Equal for servers with one key. */
  readonly keyCheck: string;
  /** This machine's clock, in milliseconds since 1970; a test's own. */
  readonly wall?: (() => number) | undefined;
  readonly log: Log;
}

/** The row of this server in `servers`: the id under which it counts among the living, and its lease. */
export class PeerSeat {
  readonly #options: PeerSeatOptions;
  readonly #lease: Lease;
  readonly #clock: DatabaseClock;
  #id = randomUUID();
  #epoch = 0;
  #channel = '';
  /** It may still be listed. */
  #lastId: string | undefined;
  /** When the database was started to which it was last connected. */
  #started: string | undefined;

  constructor(options: PeerSeatOptions) {
    this.#options = options;
    this.#lease = new Lease(options.leaseMs);
    this.#clock = new DatabaseClock(options.log, options.wall);
  }

  get id(): string {
    return this.#id;
  }

  isOwn(id: string): boolean {
    return id === this.#id || id === this.#lastId;
  }

  /** The channel of all servers of this state. */
  get channel(): string {
    return this.#channel;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get lease(): Pick<Lease, 'isHeld' | 'lost' | 'ageMs' | 'end'> {
    return this.#lease;
  }

  /** Milliseconds to be added to this machine's time to get that of the database. */
  get clockOffsetMs(): number {
    return this.#clock.offsetMs;
  }

  /**
   * Begins a connection. With another id when the last one may count among the dead, and when the database is another
   * one or was started anew: it may have lost the claims of the last one.
   */
  async begin(client: Client): Promise<void> {
    const { rows } = await client.query<{ started: string; schema: string }>(SERVER_ROWS.place);
    const { started, schema } = rows[0]!;
    this.#channel = channelOf(schema);
    const isSame = this.#started === started;
    this.#started = started;
    this.#epoch += 1;
    if (isSame && this.#lease.isHeld()) {
      return;
    }
    this.#lease.end();
    this.#lastId = this.#id;
    this.#id = randomUUID();
    await client.query(SERVER_ROWS.abandon(this.#lastId, MARGIN * this.#options.leaseMs));
  }

  /** Takes the seat. */
  async enter(client: Client): Promise<void> {
    const sent = Lease.now();
    await enter(client, { ...this.#seat(), name: this.#options.name, keyCheck: this.#options.keyCheck });
    this.#lease.confirmed(sent);
  }

  /** Returns the rows of all servers. */
  async look(client: Client): Promise<readonly SeenRow[]> {
    const readClock = this.#clock.ask();
    return this.#seen((await client.query<SeenRow>(SERVER_ROWS.all)).rows, readClock);
  }

  /** Returns the first and the last statements of a heartbeat, and a function that takes their results. */
  renewal(): Renewal {
    const [sent, readClock] = [Lease.now(), this.#clock.ask()];
    return {
      first: [SERVER_ROWS.extend(this.#seat())],
      last: [SERVER_ROWS.forgetLeft, SERVER_ROWS.all],
      take: results => {
        if (results[0]!.rowCount === 0) {
          this.#lease.end();
          return undefined;
        }
        this.#lease.confirmed(sent);
        return this.#seen(results.at(-1)!.rows as SeenRow[], readClock);
      },
    };
  }

  /** Returns the statement with which the server leaves. */
  leaving(): string {
    return SERVER_ROWS.leave(this.#id);
  }

  #seen(rows: readonly SeenRow[], readClock: (databaseNow: number) => void): readonly SeenRow[] {
    if (rows[0] !== undefined) {
      readClock(rows[0].now);
    }
    return rows;
  }

  #seat(): Seat {
    return { id: this.#id, epoch: this.#epoch, leaseMs: this.#options.leaseMs };
  }
}

interface Renewal {
  readonly first: readonly string[];
  readonly last: readonly string[];
  /** Returns the rows of all servers; undefined when the lease was over. */
  take(
    results: readonly { readonly rowCount: number | null; readonly rows: unknown[] }[],
  ): readonly SeenRow[] | undefined;
}
