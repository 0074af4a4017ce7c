import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  modifyAssertion,
  None,
  PrivateKeyJwt,
} from 'openid-client';
import type { Secret } from '../lib/secret.ts';

/** How this server proves to the provider that it is the registered application. */
export type ClientCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly secret: Secret }
  /** The certificate and its unencrypted RSA key, both in PEM; an assertion signed with it takes the secret's place. */
  | { readonly kind: 'certificate'; readonly pem: Secret }
  /**
   * A token of another issuer, kept up to date in a file: it is an assertion as it is (workload identity federation).
   */
  | { readonly kind: 'workload-identity'; readonly tokenFile: string };

/** A credential that may be replaced while the process runs. */
export interface ClientCredentials {
  /** Returns the newest one. */
  current(): Promise<ClientCredential>;
  /** Returns another one to try after the provider has refused this one; undefined when there is none. */
  instead(refused: ClientCredential): Promise<ClientCredential | undefined>;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const PS256 = { name: 'RSA-PSS', hash: 'SHA-256' };

/** Creates the authentication at the token endpoint. `methods` are those that the provider names, if it does. */
export async function authenticationOf(
  credential: ClientCredential,
  methods: readonly string[] | undefined,
): Promise<ClientAuth> {
  switch (credential.kind) {
    case 'none':
      return None();
    case 'secret': {
      // OpenID Connect Discovery §3: without a list it is client_secret_basic.
      const make = methods?.includes('client_secret_post') ? ClientSecretPost : ClientSecretBasic;
      return make(credential.secret.reveal());
    }
    case 'certificate':
      return signedBy(credential.pem.reveal());
    case 'workload-identity':
      return tokenIn(credential.tokenFile);
  }
}

/**
 * An assertion signed with the certificate's key (learn, "application authentication certificate credentials"): the
 * audience is the token endpoint, the algorithm PS256, and the header has the certificate's thumbprint.
 */
async function signedBy(pem: string): Promise<ClientAuth> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  const key = await crypto.subtle.importKey('pkcs8', new Uint8Array(der), PS256, false, ['sign']);
  const thumbprint = createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');
  return (server, ...more) => {
    const authenticate = PrivateKeyJwt(key, {
      [modifyAssertion]: (header, payload) => {
        header['x5t#S256'] = thumbprint;
        payload.aud = server.token_endpoint!;
      },
    });
    return authenticate(server, ...more);
  };
}

/** Reads the file each time: its token is replaced about once an hour. */
function tokenIn(file: string): ClientAuth {
  const authenticate = async (...[, client, body]: Parameters<ClientAuth>) => {
    body.set('client_id', client.client_id);
    body.set('client_assertion_type', ASSERTION_TYPE);
    body.set('client_assertion', (await readFile(file, 'utf8')).trim());
  };
  return authenticate;
}
