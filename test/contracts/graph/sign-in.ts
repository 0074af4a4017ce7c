import { expect } from 'vitest';
import { expectAnswer, jsonOf } from './answer.ts';
import type { Bench } from './bench.ts';
import type { ContractCase } from './contract-case.ts';
import { authority, fieldsOf, UNKNOWN_ID, without } from './token-request.ts';

interface Metadata {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly authorization_endpoint: string;
  readonly jwks_uri: string;
}

interface Grant {
  readonly it: string;
  readonly source: string;
  readonly fields: (bench: Bench) => Record<string, string>;
  readonly url?: (bench: Bench) => string;
}

const GRANTS: Grant[] = [
  { it: 'the v2.0 endpoint gives a token', source: '§1.2 [DOC]', fields: fieldsOf },
  {
    it: "fields that it does not know, such as MSAL's telemetry, are ignored",
    source: '§1.2 [VER]',
    fields: bench => ({
      ...fieldsOf(bench),
      'x-client-SKU': 'msal.js.node',
      'client-request-id': UNKNOWN_ID,
      foo: 'x',
    }),
  },
  {
    it: 'a bare .default scope means Graph',
    source: 'Later findings (rclone client_credentials) [OBS]',
    fields: bench => ({ ...fieldsOf(bench), scope: '.default' }),
  },
  {
    it: "the scope may name Graph by its application's id",
    source: '§1.4 [BG]: the audience of a token is the URL or the id',
    fields: bench => ({ ...fieldsOf(bench), scope: '00000003-0000-0000-c000-000000000000/.default' }),
  },
  {
    it: 'the tenant may be a verified domain',
    source: '§1.2 [DOC auth-v2-service]',
    fields: fieldsOf,
    url: bench => authority(bench, bench.target.mailbox.split('@')[1]!, 'oauth2/v2.0/token'),
  },
  {
    it: 'the v1 endpoint takes resource instead of scope',
    source: 'Later findings [OBS]; learn "Azure AD v1.0 client credentials"',
    fields: bench => ({ ...without(fieldsOf(bench), 'scope'), resource: new URL(bench.target.baseUrl).origin }),
    url: bench => bench.target.tokenUrl.replace('/v2.0/', '/'),
  },
];

/** The issuer's address differs between the two versions; both name the tenant. */
const METADATA = [
  ['the tenant, v2.0', (bench: Bench) => bench.target.tenantId, 'v2.0/'],
  ['the tenant, v1', (bench: Bench) => bench.target.tenantId, ''],
  ['common', () => 'common', 'v2.0/'],
  ['organizations', () => 'organizations', 'v2.0/'],
] as const;

async function metadata(bench: Bench, tenant: string, version: string): Promise<Metadata> {
  const answer = await bench.open('GET', authority(bench, tenant, `${version}.well-known/openid-configuration`));
  expectAnswer(answer, 200);
  return jsonOf<Metadata>(answer);
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
}

export const SIGN_IN: ContractCase[] = [
  ...GRANTS.map(({ it, source, fields, url }) => ({
    it,
    source,
    run: async (bench: Bench) => {
      const answer = await bench.form(url?.(bench) ?? bench.target.tokenUrl, fields(bench));
      expectAnswer(answer, 200);
      const body = jsonOf(answer);
      expect(body).toMatchObject({ token_type: 'Bearer', access_token: expect.any(String) });
      // The v1 endpoint gives seconds as text.
      expect(Number(body.expires_in)).toBeGreaterThan(300);
      expect(body).not.toHaveProperty('refresh_token');
      const used = await bench.graph('GET', bench.drive, { token: String(body.access_token) });
      expectAnswer(used, 200);
    },
  })),
  {
    it: 'an app-only token names its tenant, its application and its roles, and has no scp',
    source: '§1.4 [BG; roles DOC]',
    run: async bench => {
      const answer = await bench.form(bench.target.tokenUrl, fieldsOf(bench));
      const claims = claimsOf(jsonOf<{ access_token: string }>(answer).access_token);
      expect({ tid: claims.tid, idtyp: claims.idtyp, oid: typeof claims.oid }).toEqual({
        tid: bench.target.tenantId,
        idtyp: 'app',
        oid: 'string',
      });
      expect(claims.appid ?? claims.azp).toBe(bench.target.clientId);
      expect(claims.roles).toEqual(expect.arrayContaining([expect.stringMatching(/^(Files|Sites)\./)]));
      expect(claims).not.toHaveProperty('scp');
    },
  },
  ...METADATA.map(([name, tenant, version]) => ({
    it: `openid-configuration of ${name}`,
    source:
      'Later findings [OBS: O365 and MSAL read it first]; learn "OpenID Connect on the Microsoft identity platform"',
    run: async (bench: Bench) => {
      const found = await metadata(bench, tenant(bench), version);
      const { origin } = new URL(bench.target.tokenUrl);
      expect(found.token_endpoint).toBe(`${origin}/${tenant(bench)}/oauth2/${version}token`);
      expect(found.authorization_endpoint).toBe(`${origin}/${tenant(bench)}/oauth2/${version}authorize`);
      // For common the tenant is not known yet: the template stands in its place.
      expect(found.issuer).toMatch(/^https:/);
      expect(found.issuer).toContain(tenant(bench) === bench.target.tenantId ? bench.target.tenantId : '{tenantid}');
    },
  })),
  {
    it: 'jwks_uri leads to the keys that tokens are signed with',
    source: 'learn "OpenID Connect on the Microsoft identity platform"',
    run: async bench => {
      const { jwks_uri } = await metadata(bench, bench.target.tenantId, 'v2.0/');
      const answer = await bench.open('GET', jwks_uri);
      expectAnswer(answer, 200);
      const { keys } = jsonOf<{ keys: object[] }>(answer);
      expect(keys[0]).toMatchObject({ kty: 'RSA', use: 'sig', kid: expect.any(String), n: expect.any(String) });
    },
  },
];
