import { expect } from 'vitest';
import { type Answer, describe, expectAnswer, jsonOf } from './answer.ts';
import type { Bench } from './bench.ts';
import type { ContractCase } from './contract-case.ts';

const UNKNOWN_ID = '00000000-1111-4222-8333-444444444444';

interface TokenError {
  readonly error: string;
  readonly error_description: string;
  readonly error_codes: number[];
  readonly timestamp: string;
  readonly trace_id: string;
  readonly correlation_id: string;
}

interface Metadata {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly authorization_endpoint: string;
  readonly jwks_uri: string;
}

function fieldsOf({ target }: Bench): Record<string, string> {
  return {
    grant_type: 'client_credentials',
    client_id: target.clientId,
    client_secret: target.clientSecret,
    scope: `${new URL(target.baseUrl).origin}/.default`,
  };
}

function without(fields: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}

/** An address of the sign-in host, with this segment in the tenant's place. */
function authority({ target }: Bench, tenant: string, rest: string): string {
  return `${new URL(target.tokenUrl).origin}/${tenant}/${rest}`;
}

/** Asserts one of the AADSTS codes, with the `error` and status that belong to it. */
function expectRefusal(answer: Answer, status: number | readonly number[], errors: readonly string[], codes: number[]) {
  expectAnswer(answer, status);
  const body = jsonOf<TokenError>(answer);
  expect(errors, describe(answer)).toContain(body.error);
  expect(codes, describe(answer)).toContain(body.error_codes[0]);
  expect(body.error_description).toContain(`AADSTS${body.error_codes[0]}:`);
}

interface Refusal {
  readonly it: string;
  readonly source: string;
  readonly status: number | readonly number[];
  readonly errors: readonly string[];
  readonly codes: number[];
  change(fields: Record<string, string>): Record<string, string>;
}

const REFUSALS: Refusal[] = [
  {
    it: 'a wrong secret is AADSTS7000215',
    source: '§1.3 [OBS AzureAD-LDAP-wrapper#45]',
    status: 401,
    errors: ['invalid_client'],
    codes: [7000215],
    change: fields => ({ ...fields, client_secret: 'wrong~secret' }),
  },
  {
    it: 'an unknown client is AADSTS700016',
    source: '§1.3 [code known, status BG]',
    status: 400,
    errors: ['unauthorized_client'],
    codes: [700016],
    change: fields => ({ ...fields, client_id: UNKNOWN_ID }),
  },
  {
    it: 'a scope without /.default is AADSTS1002012, formerly 70011',
    source: '§1.3 [BG]',
    status: 400,
    errors: ['invalid_scope'],
    codes: [1002012, 70011],
    change: fields => ({ ...fields, scope: fields.scope!.replace('/.default', '/User.Read.All') }),
  },
  {
    it: 'a scope of an unknown resource is AADSTS500011',
    source: '§1.3 [BG]',
    status: 400,
    errors: ['invalid_resource'],
    codes: [500011],
    change: fields => ({ ...fields, scope: 'https://nowhere.example/.default' }),
  },
  {
    it: 'no secret is AADSTS7000216 or 7000218',
    source: '§1.3 [OBS azure-docs#30777, #25959]',
    status: 401,
    errors: ['invalid_request', 'invalid_client'],
    codes: [7000216, 7000218],
    change: fields => without(fields, 'client_secret'),
  },
  {
    it: 'an unknown grant type is AADSTS70003',
    source: 'learn "Microsoft Entra authentication and authorization error codes": AADSTS70003 UnsupportedGrantType',
    status: 400,
    errors: ['unsupported_grant_type'],
    codes: [70003],
    change: fields => ({ ...fields, grant_type: 'foo' }),
  },
  {
    it: 'no grant type is AADSTS900144',
    source:
      'learn "Microsoft Entra authentication and authorization error codes": AADSTS900144 MissingRequiredParameter',
    status: 400,
    errors: ['invalid_request'],
    codes: [900144],
    change: fields => without(fields, 'grant_type'),
  },
];

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
  ...REFUSALS.map(({ it, source, status, errors, codes, change }) => ({
    it,
    source,
    run: async (bench: Bench) => {
      const answer = await bench.form(bench.target.tokenUrl, change(fieldsOf(bench)));
      expectRefusal(answer, status, errors, codes);
    },
  })),
  {
    it: 'an unknown tenant is AADSTS90002',
    source: '§1.3 [BG]',
    run: async bench => {
      const answer = await bench.form(authority(bench, UNKNOWN_ID, 'oauth2/v2.0/token'), fieldsOf(bench));
      expectRefusal(answer, 400, ['invalid_request'], [90002]);
    },
  },
  {
    it: 'a tenant that is neither a domain nor a GUID is AADSTS900023',
    source: '§1.3 [BG]',
    run: async bench => {
      const answer = await bench.form(authority(bench, 'nonsense', 'oauth2/v2.0/token'), fieldsOf(bench));
      expectRefusal(answer, 400, ['invalid_request'], [900023, 90002]);
    },
  },
  {
    it: 'a refusal has its ids, its time and a description of several lines',
    source: '§1.3 [OBS botframework-sdk#6221, full JSON]',
    run: async bench => {
      const fields = { ...fieldsOf(bench), client_secret: 'wrong~secret' };
      const body = jsonOf<TokenError>(await bench.form(bench.target.tokenUrl, fields));
      const guid = expect.stringMatching(/^[0-9a-f-]{36}$/);
      expect(body).toMatchObject({ trace_id: guid, correlation_id: guid });
      expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
      expect(body.error_description).toContain('Trace ID: ');
    },
  },
  {
    it: 'an app-only token names its tenant, its application and its roles, and has no scp',
    source: '§1.4 [BG; roles DOC]',
    run: async bench => {
      const answer = await bench.form(bench.target.tokenUrl, fieldsOf(bench));
      const claims = claimsOf(jsonOf<{ access_token: string }>(answer).access_token);
      expect(claims).toMatchObject({ tid: bench.target.tenantId, idtyp: 'app', oid: expect.any(String) });
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
