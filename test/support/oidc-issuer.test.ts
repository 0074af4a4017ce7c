import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OidcIssuer, startOidcIssuer } from './oidc-issuer.ts';

const CALLBACK = 'https://files.example/-/account/callback';
const API = 'https://files.example/';

/** A browser that only follows redirects and keeps cookies, from an authorization request to the callback. */
async function signIn(issuer: OidcIssuer, start: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let next = start;
  while (!next.href.startsWith(CALLBACK)) {
    const cookie = [...cookies].map(pair => pair.join('=')).join('; ');
    const answer = await fetch(next, { redirect: 'manual', headers: { cookie } });
    for (const header of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(header)!;
      cookies.set(name!, value!);
    }
    const location = answer.headers.get('location');
    if (location === null) {
      throw new Error(`${answer.status} ${await answer.text()}`);
    }
    next = new URL(location, issuer.url);
  }
  return next;
}

describe('the provider that tests sign in with', () => {
  let issuer: OidcIssuer;
  beforeAll(async () => {
    issuer = await startOidcIssuer({
      people: [{ sub: 'ada', email: 'ada@contoso.com', email_verified: true, name: 'Ada', groups: ['staff'] }],
      redirectUris: [CALLBACK],
    });
  });
  afterAll(() => issuer.close());

  const discover = () =>
    openid.discovery(new URL(issuer.url), issuer.clientId, issuer.clientSecret, undefined, {
      execute: [openid.allowInsecureRequests],
    });
  const authorize = async (config: openid.Configuration, scope: string, more: Record<string, string> = {}) => {
    const verifier = openid.randomPKCECodeVerifier();
    const url = openid.buildAuthorizationUrl(config, {
      ...{ redirect_uri: CALLBACK, scope, state: 's', nonce: 'n', code_challenge_method: 'S256', ...more },
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    });
    const checks = { pkceCodeVerifier: verifier, expectedState: 's', expectedNonce: 'n', idTokenExpected: true };
    return { url, redeem: (back: URL) => openid.authorizationCodeGrant(config, back, checks) };
  };

  it('signs people in by the code flow with PKCE, and tells their address and groups', async () => {
    const config = await discover();
    const { url, redeem } = await authorize(config, 'openid profile email groups');
    issuer.signInAs('ada');
    const tokens = await redeem(await signIn(issuer, url));
    expect(tokens.claims()).toMatchObject({
      ...{ sub: 'ada', email: 'ada@contoso.com', email_verified: true, name: 'Ada', groups: ['staff'] },
      ...{ iss: issuer.url, aud: issuer.clientId },
    });
  });

  it('shows a page with its people when nobody is chosen', async () => {
    const config = await discover();
    const { url } = await authorize(config, 'openid');
    issuer.signInAs(undefined);
    await expect(signIn(issuer, url)).rejects.toThrow('200 <!doctype html><title>Sign in</title>');
  });

  it('issues JWT access tokens for a resource, and by hand the same', async () => {
    const config = await discover();
    const { url, redeem } = await authorize(config, 'openid access_as_user', { resource: API });
    issuer.signInAs('ada');
    const { access_token } = await redeem(await signIn(issuer, url));
    const byHand = await issuer.accessToken({ sub: 'ada', audience: API });
    const keys = createRemoteJWKSet(new URL(`${issuer.url}/jwks`));
    for (const token of [access_token, byHand]) {
      const { payload } = await jwtVerify(token, keys, { issuer: issuer.url, audience: API, typ: 'at+jwt' });
      expect(payload).toMatchObject({
        sub: 'ada',
        email: 'ada@contoso.com',
        scope: expect.stringMatching('access_as_user'),
      });
    }
  });

  it('replaces its keys: the old one is not published any more', async () => {
    const before = await issuer.accessToken({ sub: 'ada', audience: API });
    await issuer.rotateKeys();
    const keys = createRemoteJWKSet(new URL(`${issuer.url}/jwks`));
    await expect(jwtVerify(before, keys)).rejects.toThrow(/no applicable key/);
    await expect(jwtVerify(await issuer.accessToken({ sub: 'ada', audience: API }), keys)).resolves.toBeDefined();
  });
});
