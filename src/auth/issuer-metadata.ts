import type { JSONWebKeySet } from 'jose';
import type { PublishedIssuer } from './issuer-keys.ts';

/** A sender of requests that follows no redirect: an issuer's keys are at the address that it names. */
export type Fetch = (url: string, request: { readonly signal: AbortSignal }) => Promise<Response>;

/** Longer than any issuer's metadata and keys. */
const MAX_BYTES = 1024 * 1024;

/** Reads the keys at a known address, of an issuer whose name is known. Throws when they are none. */
export async function readKeys(fetch: Fetch, jwksUrl: string, signal: AbortSignal): Promise<JSONWebKeySet> {
  const { keys } = await readJson(fetch, jwksUrl, signal);
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new Error(`there are no keys at ${jwksUrl}`);
  }
  return { keys };
}

/**
 * Reads an issuer's metadata (OpenID Connect Discovery §4) and its keys. `name`: the issuer that it must be; undefined
 * for Entra, whose metadata have other addresses than its v1 issuer and name a tenant by its id alone.
 */
export async function discoverIssuer(
  fetch: Fetch,
  { metadataUrl, name }: { metadataUrl: string; name: string | undefined },
  signal: AbortSignal,
): Promise<PublishedIssuer> {
  const { issuer, jwks_uri: jwksUrl } = await readJson(fetch, metadataUrl, signal);
  if (typeof issuer !== 'string' || typeof jwksUrl !== 'string') {
    throw new Error(`there is no metadata of an issuer at ${metadataUrl}`);
  }
  if (name !== undefined && issuer !== name) {
    throw new Error(`the metadata at ${metadataUrl} are of the issuer ${issuer}, not of ${name}`);
  }
  return { issuer, keys: await readKeys(fetch, jwksUrl, signal) };
}

async function readJson(fetch: Fetch, url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await fetch(url, { signal });
  const text = await readText(response);
  if (response.status !== 200) {
    throw new Error(`${url} answers ${response.status}`);
  }
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      throw new Error(`an issuer's answer is longer than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
