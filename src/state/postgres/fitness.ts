import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type ConnectOptions, openClient } from './connect.ts';
import { READ_ONLY_WORDS } from './postgres-error.ts';

/** The oldest release whose statements are used here, as `server_version_num` has it. */
const OLDEST = { number: 140_000, words: '14' };

/** Far more than a message takes. Only a pooler that loses it makes a server wait for so long. */
const HEARD_WITHIN_MS = 3_000;

export interface Unfitness {
  /** What is wrong, and what helps. */
  readonly words: string;
  /** It may pass by itself, as when a standby becomes the primary. */
  readonly mayPass: boolean;
}

interface Facts {
  readonly version: number;
  readonly words: string;
  readonly encoding: string;
  readonly is_standby: boolean;
  readonly is_read_only: boolean;
  readonly pid: number;
}

const FACTS = `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS words,
  current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS is_standby,
  current_setting('transaction_read_only') = 'on' AS is_read_only, pg_backend_pid() AS pid`;

/** Says why a state cannot be in the database of `client`; undefined when it can. Creates and changes nothing. */
export async function unfitnessOf(client: pg.Client, options: ConnectOptions): Promise<Unfitness | undefined> {
  const facts = (await client.query<Facts>(FACTS)).rows[0]!;
  const { version, encoding } = facts;
  if (version < OLDEST.number) {
    return { words: `PostgreSQL ${OLDEST.words} or newer is needed, and this is ${facts.words}`, mayPass: false };
  }
  if (encoding !== 'UTF8') {
    return { words: `its texts are ${encoding}: create it with the encoding UTF8`, mayPass: false };
  }
  if (facts.is_standby || facts.is_read_only) {
    return { words: READ_ONLY_WORDS, mayPass: true };
  }
  // Behind a pooler the driver was given another number than that of the process that answers.
  const isDirect = (client as { processID?: number }).processID === facts.pid;
  const hears = isDirect || (await isHeard(client, { pid: facts.pid, options }));
  return hears ? undefined : { words: POOLER_WORDS, mayPass: false };
}

const POOLER_WORDS =
  'a pooler between gives each transaction another session, so that servers cannot hear each other: connect without it, ' +
  'or let it keep sessions (PgBouncer: pool_mode = session)';

/** Returns true when `client`, of the process `pid`, hears what another connection tells, as servers hear each other. */
async function isHeard(
  client: pg.Client,
  { pid, options }: { readonly pid: number; readonly options: ConnectOptions },
): Promise<boolean> {
  const channel = `onedrive_webdav_${randomUUID()}`;
  const heard = new Promise<true>(resolve => {
    client.on('notification', ({ channel: told }) => told === channel && resolve(true));
  });
  await client.query(`LISTEN "${channel}"`);
  const other = await openClient(options);
  const over = new AbortController();
  try {
    const told = await other.query<{ pid: number }>("SELECT pg_backend_pid() AS pid, pg_notify($1, '')", [channel]);
    if (told.rows[0]!.pid === pid) {
      // Two connections have one session in turn.
      return false;
    }
    const late = delay(HEARD_WITHIN_MS, false, { signal: over.signal });
    late.catch(() => {});
    return await Promise.race([heard, late]);
  } finally {
    over.abort();
    await other.end().catch(() => {});
    await client.query(`UNLISTEN "${channel}"`);
  }
}
