import pg from 'pg';
import { StateUnavailable } from '../state-unavailable.ts';
import { translate } from './postgres-error.ts';

/** What helps when the database cannot be used, by codes of PostgreSQL ("PostgreSQL Error Codes"), Node and OpenSSL. */
const CURES: Readonly<Record<string, string>> = {
  '28P01': 'correct the password in state.url, in which # / ? % and @ are written as %23 %2F %3F %25 and %40',
  '28000': 'correct the user in state.url, or pg_hba.conf; a line hostssl wants sslmode=require or better',
  '3D000': 'create the database, or correct its name in state.url',
  '3F000': 'create the schema that search_path names, or correct search_path',
  '42501': 'the user of state.url must own the tables, and may need CREATE on their schema',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'name its certificate in state.caFile',
  SELF_SIGNED_CERT_IN_CHAIN: 'name the certificate of its authority in state.caFile',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'name the certificate of its authority in state.caFile',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'name the certificate of its authority in state.caFile',
  ERR_TLS_CERT_ALTNAME_INVALID: 'write its host in state.url as its certificate has it',
  CERT_HAS_EXPIRED: 'renew its certificate',
};

/** Of the driver's own errors, which have no code (pg 8, lib/client.js, lib/connection.js). */
const CURES_BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL/, 'turn ssl on there; only in a network that nobody else reads may sslmode be disable'],
  [/client password must be/, 'the password is missing in state.url'],
];

/** Returns the words of an error, and what helps. */
export function wordsWithCure(error: unknown): string {
  const { code = '', message } = error as { code?: string; message: string };
  const cure = cureOf(error);
  return cure === undefined ? message || code : `${message}: ${cure}`;
}

/**
 * Returns the error of a state that cannot be opened. A wrong password, a missing right and a certificate that is not
 * trusted do not pass by themselves, so they are none of StateUnavailable.
 */
export function explain(error: unknown): unknown {
  const known = cureOf(error) === undefined ? translate(error) : error;
  const isOurs = known instanceof StateUnavailable || (known === error && !isForeign(error));
  return isOurs ? known : new Error(`cannot use the database of the state: ${wordsWithCure(error)}`, { cause: error });
}

function isForeign(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError || (error as { code?: string }).code !== undefined || cureOf(error) !== undefined
  );
}

function cureOf(error: unknown): string | undefined {
  const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string };
  return CURES[code] ?? CURES_BY_WORDS.find(([words]) => words.test(message))?.[1];
}
