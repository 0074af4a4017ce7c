import { Secret } from '../lib/secret.ts';
import type { ParsedConfig } from './schema.ts';
import { complain, readSecret, type SecretSources } from './secrets.ts';
import { isPostgresUrl, URL_FORM } from './state-schema.ts';

/** The database of the state. */
export interface StateConfig {
  /** With its password. */
  readonly url: Secret;
  /** The certificates that may have signed the database's. */
  readonly caPem: string | undefined;
  /** As it was written: base64 or hexadecimal; `stateKey` returns its bytes. */
  readonly key: Secret;
  readonly connections: number;
}

const KEY_BYTES = 32;

/** Undefined: the state is a file in dataDir. */
export async function readState(
  given: ParsedConfig['state'],
  sources: Omit<SecretSources, 'pathOf'>,
): Promise<StateConfig | undefined> {
  const { url, urlFile, urlEnv, caFile, key, keyFile, keyEnv, connections } = given;
  if (url === null && urlFile === null && urlEnv === null) {
    return undefined;
  }
  const urlKeys = { file: 'state.urlFile', env: 'state.urlEnv' };
  const urlText = await readSecret({ value: url, file: urlFile, env: urlEnv, keys: urlKeys }, sources);
  // An empty text has already been reported.
  if (urlText !== '' && !isPostgresUrl(urlText)) {
    const place = urlFile === null ? urlKeys.env : urlKeys.file;
    complain(place, URL_FORM, sources);
  }
  const keyKeys = { file: 'state.keyFile', env: 'state.keyEnv' };
  const keyText = await readSecret({ value: key, file: keyFile, env: keyEnv, keys: keyKeys }, sources);
  if (keyText !== '' && stateKey(keyText) === undefined) {
    const place = key !== null ? 'state.key' : keyFile === null ? keyKeys.env : keyKeys.file;
    complain(
      place,
      `the key must be ${KEY_BYTES} bytes in base64 or hexadecimal: "openssl rand -base64 32" makes one`,
      sources,
    );
  }
  return {
    url: new Secret(urlText),
    caPem: caFile === null ? undefined : await sources.read(caFile, 'state.caFile'),
    key: new Secret(keyText),
    connections,
  };
}

/** Returns the bytes of a key in base64 (also base64url) or hexadecimal; undefined when it is none. */
export function stateKey(text: string): Buffer | undefined {
  if (/^[\da-f]{64}$/i.test(text)) {
    return Buffer.from(text, 'hex');
  }
  const bytes = /^[\w+/-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
  return bytes?.length === KEY_BYTES ? bytes : undefined;
}
