import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';

/** How an answer of the issuer differs from a right one. */
export interface Forgery {
  /** Claims that replace those of the ID token; undefined removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly signature?: 'none' | 'unknown-key' | 'wrong-key';
  /** Parameters that replace those of the way back. */
  readonly back?: Readonly<Record<string, string>>;
  /** The status of all its answers. */
  readonly status?: number;
}

export interface ForgingIssuer {
  readonly url: string;
  forge(forgery: Forgery): void;
  /** Replaces its key; tokens are signed with the new one. */
  roll(): Promise<void>;
  /** The paths of all requests. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export const ISSUER_CLIENT = { clientId: 'files', clientSecret: 'secret of the issuer' };

/** An OpenID provider whose tokens can be wrong in every way that a client must notice. */
export async function startForgingIssuer(): Promise<ForgingIssuer> {
  let forgery: Forgery = {};
  let keys = await newKeys('first');
  const stranger = await newKeys('stranger');
  const nonces = new Map<string, string>();
  const asked: string[] = [];
  let url = '';
  const idToken = async (nonce: string) => {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: url, sub: 'ada', aud: ISSUER_CLIENT.clientId, iat: now, exp: now + 300, nonce };
    const claims = { ...usual, email: 'ada@contoso.com', email_verified: true, ...forgery.claims } as JWTPayload;
    if (forgery.signature === 'none') {
      return new UnsecuredJWT(claims).encode();
    }
    const signer = forgery.signature === undefined ? keys : stranger;
    const kid = forgery.signature === 'wrong-key' ? keys.kid : signer.kid;
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(signer.privateKey);
  };
  const answers: Record<string, (query: URLSearchParams, body: URLSearchParams) => Promise<object | string>> = {
    '/.well-known/openid-configuration': async () => ({
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      jwks_uri: `${url}/keys`,
      authorization_response_iss_parameter_supported: true,
    }),
    '/keys': async () => ({ keys: [keys.jwk] }),
    '/authorize': async query => {
      const code = `code-${nonces.size}`;
      nonces.set(code, query.get('nonce')!);
      const back = new URL(query.get('redirect_uri')!);
      const parameters = { code, state: query.get('state')!, iss: url, ...forgery.back };
      back.search = new URLSearchParams(parameters).toString();
      return back.href;
    },
    '/token': async (_, body) => ({
      access_token: 'x',
      token_type: 'bearer',
      id_token: await idToken(nonces.get(body.get('code')!)!),
    }),
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, url);
    asked.push(pathname);
    const chunks = await Array.fromAsync(request);
    const body = new URLSearchParams(Buffer.concat(chunks).toString());
    const answer = await answers[pathname]!(searchParams, body);
    if (forgery.status !== undefined) {
      response.writeHead(forgery.status, { 'retry-after': '7' }).end();
    } else if (typeof answer === 'string') {
      response.writeHead(302, { location: answer }).end();
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    forge: next => {
      forgery = next;
    },
    roll: async () => {
      keys = await newKeys('second');
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function newKeys(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } };
}
