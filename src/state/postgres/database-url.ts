import { readFileSync } from 'node:fs';
import type pg from 'pg';

/** Words that the driver understands; those of libpq that change nothing here; and those about TLS. */
const PASSED = ['host', 'port', 'user', 'password', 'application_name', 'options'];
const NEEDLESS = ['connect_timeout', 'keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count'];
const OF_TLS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;

/** Accepted, as a database that takes no changes is refused anyhow. */
const SESSIONS = ['read-write', 'primary', 'any'];

/** A URL of a database as the driver takes it, and the options of its TLS. */
export interface DatabaseUrl {
  readonly url: string;
  readonly ssl: pg.ClientConfig['ssl'];
}

/**
 * Reads a URL as libpq does. The driver understands some words about TLS in another way and ignores those that it does
 * not know, so a word that would have no effect is refused. Throws an error that names it.
 */
export function readDatabaseUrl(text: string, caPem: string | undefined): DatabaseUrl {
  const [base = '', query = ''] = text.split(/\?(.*)/s);
  const params = new URLSearchParams(query);
  const take = (name: string) => {
    const value = params.get(name) ?? undefined;
    params.delete(name);
    return value;
  };
  const [mode, rootCert, cert, key] = OF_TLS.map(take);
  const sessions = take('target_session_attrs') ?? 'any';
  if (!SESSIONS.includes(sessions)) {
    throw new Error(`cannot connect to the database: a session that is ${sessions} keeps no state; name the primary`);
  }
  NEEDLESS.forEach(take);
  const unknown = [...params.keys()].find(name => !PASSED.includes(name));
  if (unknown !== undefined) {
    throw new Error(`cannot connect to the database: the word ${unknown} in its URL has no effect here; leave it out`);
  }
  const ca = caPem ?? (rootCert === undefined || rootCert === 'system' ? undefined : readPem(rootCert));
  const own = cert === undefined || key === undefined ? {} : { cert: readPem(cert), key: readPem(key) };
  const isTrustNamed = ca !== undefined || rootCert !== undefined;
  return {
    url: params.size === 0 ? base : `${base}?${params}`,
    ssl: tlsOptions(mode ?? (isTrustNamed ? 'verify-full' : 'disable'), { ca, ...own }),
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`cannot connect to the database: cannot read ${file}`, { cause: error });
  }
}

interface Certificates {
  readonly ca: string | undefined;
  readonly cert?: string;
  readonly key?: string;
}

/** As libpq understands them (PostgreSQL, "SSL Support", table of SSL modes). */
function tlsOptions(mode: string, given: Certificates): pg.ClientConfig['ssl'] {
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return given.ca === undefined
        ? { ...given, rejectUnauthorized: false }
        : { ...given, checkServerIdentity: () => undefined };
    case 'verify-ca':
      return { ...given, checkServerIdentity: () => undefined };
    case 'verify-full':
      return given;
    default:
      throw new Error(
        `cannot connect to the database: sslmode is "${mode}"; write disable, require, verify-ca or verify-full`,
      );
  }
}
