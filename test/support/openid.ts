import { createRemoteJWKSet, type JWTVerifyGetKey, customFetch as joseFetch } from 'jose';
import * as openid from 'openid-client';
import { ProxyAgent, fetch as undiciFetch } from 'undici';
import type { Emulator } from '../../src/emulator/emulator.ts';

export interface OpenidParty {
  /** The configuration that openid-client has discovered. */
  readonly config: openid.Configuration;
  /** Any URL behind Microsoft's names. */
  readonly fetch: typeof fetch;
  /** A verifier's keys, from the address that the configuration names. */
  readonly keys: JWTVerifyGetKey;
  close(): Promise<void>;
}

export interface OpenidOptions {
  /** The emulator's first one by default; `organizations` and the like, too. */
  readonly tenant?: string;
  readonly clientId?: string;
  /** By the secret in the form by default. */
  readonly auth?: openid.ClientAuth;
}

/** A foreign relying party: openid-client, which takes the emulator for Microsoft, by its proxy. */
export async function openidParty(emulator: Emulator, options: OpenidOptions = {}): Promise<OpenidParty> {
  const { tenant = emulator.tenantId, clientId = emulator.clientId } = options;
  const dispatcher = new ProxyAgent({ uri: emulator.proxy, requestTls: { ca: emulator.caPem } });
  // The types of undici's own fetch and of Node's differ in nothing that is used here.
  const proxied = ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher })) as unknown as typeof fetch;
  const config = await openid.discovery(
    new URL(`https://login.microsoftonline.com/${tenant}/v2.0`),
    clientId,
    undefined,
    options.auth ?? openid.ClientSecretPost(emulator.clientSecret),
    { [openid.customFetch]: proxied as openid.CustomFetch },
  );
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri!), {
    [joseFetch]: proxied,
    cooldownDuration: 0,
  });
  return { config, fetch: proxied, keys, close: () => dispatcher.close() };
}
