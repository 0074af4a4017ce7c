import { expect } from 'vitest';
import { type Answer, describe, expectAnswer, jsonOf } from './answer.ts';
import type { Bench } from './bench.ts';
import type { ContractCase } from './contract-case.ts';
import { authority, fieldsOf, UNKNOWN_ID, without } from './token-request.ts';

interface TokenError {
  readonly error: string;
  readonly error_description: string;
  readonly error_codes: number[];
  readonly timestamp: string;
  readonly trace_id: string;
  readonly correlation_id: string;
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

export const TOKEN_REFUSALS: ContractCase[] = [
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
];
