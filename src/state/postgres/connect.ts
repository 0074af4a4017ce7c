import pg from 'pg';

/** How the server reaches its database. */
export interface ConnectOptions {
  /** `postgres://user:password@host:port/database`, with `sslmode` and the other words of libpq behind a `?`. */
  readonly url: string;
  /** The certificates, in PEM, that may have signed the server's; undefined: those that Node trusts. */
  readonly caPem?: string | undefined;
}

/** Enough for a server in another region, and less than the patience of clients. */
const CONNECT_TIMEOUT_MS = 5_000;
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
  const { rest, sslMode } = takeSslMode(url);
  return {
    connectionString: rest,
    ssl: tlsOptions(sslMode ?? (caPem === undefined ? 'disable' : 'verify-full'), caPem),
    fallback_application_name: 'onedrive-webdav',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_STEP_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: TYPES,
  };
}

/** Returns the URL without `sslmode`: the driver takes some of its words for others than libpq does. */
function takeSslMode(url: string): { readonly rest: string; readonly sslMode: string | undefined } {
  const [base = '', query = ''] = url.split(/\?(.*)/s);
  const params = new URLSearchParams(query);
  const sslMode = params.get('sslmode') ?? undefined;
  params.delete('sslmode');
  return { rest: params.size === 0 ? base : `${base}?${params}`, sslMode };
}

/** As libpq understands them (PostgreSQL, "SSL Support", table of SSL modes). */
function tlsOptions(mode: string, ca: string | undefined): pg.ClientConfig['ssl'] {
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return ca === undefined ? { rejectUnauthorized: false } : { ca, checkServerIdentity: () => undefined };
    case 'verify-ca':
      return { ca, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ca };
    default:
      throw new Error(
        `cannot connect to the database: sslmode is "${mode}"; write disable, require, verify-ca or verify-full`,
      );
  }
}
