import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AccountBench, PEOPLE, startAccountBench } from '../support/account-bench.ts';
import { type OidcIssuer, startOidcIssuer } from '../support/oidc-issuer.ts';

const PUBLIC = 'https://files.contoso.com';

let issuer: OidcIssuer;
let bench: AccountBench;

beforeAll(async () => {
  issuer = await startOidcIssuer({
    people: [{ sub: 'ada', email: 'ada@contoso.com', email_verified: true }],
    redirectUris: [`${PUBLIC}/-/account/callback`],
  });
  issuer.signInAs('ada');
  const { url, clientId, clientSecret } = issuer;
  const signIn = `signIn: { issuer: "${url}", clientId: ${clientId}, clientSecret: ${clientSecret} }`;
  bench = await startAccountBench({ publicUrl: PUBLIC, yaml: [...PEOPLE, signIn] });
});
afterAll(async () => {
  await bench?.stop();
  await issuer?.close();
});

it('a provider that is not ours signs in the person whom its verified address names', async () => {
  const page = await bench.browser().signIn();
  expect(page.title).toContain('Your devices');
  expect(page.text).toContain('ada@contoso.com');
});
