import type { Client } from 'pg';
import { createDigest } from '../sealing.ts';
import type { ServerRow } from './members.ts';

/** A server that has ended is still listed for so long, so that each other one sees how it has ended. */
const LISTED = "interval '60 seconds'";

/** A row of the table `servers`, and the time of the database at which it was read, in milliseconds since 1970. */
export interface SeenRow extends ServerRow {
  /** Equal for servers with one `state.key`; null: of a release that did not tell. */
  readonly key_check: string | null;
  readonly now: number;
}

/** One connection of a server. */
export interface Seat {
  readonly id: string;
  readonly epoch: number;
  readonly leaseMs: number;
}

/** The statements about the table `servers`; ids are random, and no text of anybody. */
export const SERVER_ROWS = {
  all: `SELECT id, epoch, name, has_ended, until > clock_timestamp() AS is_alive, key_check,
    EXTRACT(EPOCH FROM clock_timestamp())::float8 * 1000 AS now FROM servers`,
  forgetLeft: `DELETE FROM servers WHERE until < clock_timestamp() - ${LISTED}`,
  /** Changes no row when the lease is over. */
  extend: ({ id, epoch, leaseMs }: Seat) =>
    `UPDATE servers SET until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
     WHERE id = '${id}' AND epoch = ${epoch} AND NOT has_ended AND until > clock_timestamp()`,
  /** `started`: another text for another server, and for the same one after a restart. `schema`: where the tables are. */
  place: `SELECT pg_postmaster_start_time()::text AS started, nspname::text AS schema
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = 'servers'::regclass`,
  abandon: (id: string, forMs: number) =>
    `UPDATE servers SET until = LEAST(until, clock_timestamp() + ${forMs} * interval '1 millisecond') WHERE id = '${id}'`,
  leave: (id: string) => `UPDATE servers SET has_ended = TRUE, until = clock_timestamp() WHERE id = '${id}'`,
} as const;

/** Takes a seat among the servers. */
export async function enter(
  client: Client,
  { id, epoch, leaseMs, name, keyCheck }: Seat & { readonly name: string; readonly keyCheck: string },
): Promise<void> {
  await client.query(
    `INSERT INTO servers (id, name, epoch, until, has_ended, key_check)
     VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond', FALSE, $5)
     ON CONFLICT (id) DO UPDATE SET epoch = $3, until = EXCLUDED.until, has_ended = FALSE`,
    [id, name, epoch, leaseMs, keyCheck],
  );
}

/** Returns what servers with one key have in common, from which nobody can find the key. */
export function keyCheckOf(key: Uint8Array): string {
  return createDigest(key)('check of the key');
}

/** Says which server that is alive encrypts with another key: neither could read what the other one keeps. */
export function otherKeyIn(rows: readonly SeenRow[], keyCheck: string): string | undefined {
  const other = rows.find(({ is_alive, key_check }) => is_alive && key_check !== null && key_check !== keyCheck);
  return (
    other &&
    `the server ${other.name} uses it with another state.key: give all servers the same, or stop the others first`
  );
}
