import pg from 'pg';
import { readDatabaseUrl } from './database-url.ts';

/** How the server reaches its database. */
export interface ConnectOptions {
  /** `postgres://user:password@host:port/database`, with `sslmode` and the other words of libpq behind a `?`. */
  readonly url: string;
  /** The certificates, in PEM, that may have signed the server's; undefined: those that Node trusts. */
  readonly caPem?: string | undefined;
  /** Milliseconds after which the server ends a step that asks nothing any more; a test's own. */
  readonly idleInStepMs?: number;
}

/** Enough for a server in another region, and less than the patience of clients. */
export const CONNECT_TIMEOUT_MS = 5_000;
/**
 * The end of a statement, by the server. A step holds what others wait for, so this and the next also end what a
 * stopped or unreachable process has left.
 */
const STATEMENT_TIMEOUT_MS = 10_000;
/** Less, by what a busy database may be late: who waits for such a process must outlast it, or is told 503 for it. */
const IDLE_IN_STEP_TIMEOUT_MS = 7_000;
/** The end of waiting for an answer, for when the server cannot be reached any more. */
const ANSWER_TIMEOUT_MS = 12_000;
const KEEP_ALIVE_AFTER_MS = 5_000;

const BIGINT_OID = 20;

/** Times, sizes and counts are below 2^53. */
const TYPES = new pg.TypeOverrides();
TYPES.setTypeParser(BIGINT_OID, Number);

/** Returns the options of a connection, for a pool as well. Throws when the URL asks for what is not known. */
export function connectionOptions({ url, caPem }: ConnectOptions): pg.ClientConfig {
  const known = readDatabaseUrl(url, caPem);
  return {
    connectionString: known.url,
    ssl: known.ssl,
    fallback_application_name: 'onedrive-webdav',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: TYPES,
  };
}

/** Older servers lack some of the settings. */
const SET = `SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS wanted (name, value)
  WHERE EXISTS (SELECT FROM pg_settings WHERE pg_settings.name = wanted.name)`;

/**
 * Sets the patience of the database for a new connection, whatever its administrator has set for others. Not with the
 * start of the connection: poolers refuse that.
 */
export async function setPatience(
  client: Pick<pg.ClientBase, 'query'>,
  { isEndless = false, idleInStepMs = IDLE_IN_STEP_TIMEOUT_MS }: { isEndless?: boolean; idleInStepMs?: number } = {},
): Promise<void> {
  const settings = {
    statement_timeout: isEndless ? 0 : STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: isEndless ? 0 : idleInStepMs,
    // Who waits for a turn is ended by the first one.
    lock_timeout: 0,
    idle_session_timeout: 0,
    transaction_timeout: 0,
  };
  await client.query(SET, [Object.keys(settings), Object.values(settings).map(String)]);
}

/** Opens one connection. `isEndless`: what is done takes its time, as with large tables. */
export async function openClient(
  options: ConnectOptions,
  { isEndless = false, ...change }: pg.ClientConfig & { readonly isEndless?: boolean } = {},
): Promise<pg.Client> {
  const client = new pg.Client({ ...connectionOptions(options), ...change, ...(isEndless && { query_timeout: 0 }) });
  // The statement under way rejects as well.
  client.on('error', () => {});
  try {
    await client.connect();
    await setPatience(client, { isEndless });
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}
