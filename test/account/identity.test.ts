import { describe, expect, it } from 'vitest';
import { type Identifying, identify } from '../../src/account/identity.ts';
import { RefusedError } from '../../src/account/refusal.ts';
import type { AdmittedPerson } from '../../src/people/people.ts';

const TENANT = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const ADA = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;

const ada = {
  person: { tenantId: TENANT, userId: ADA, principal: 'ada@contoso.com', displayName: 'Ada', mail: undefined },
  user: { name: 'ada@contoso.com', rights: { rules: [] } },
  devicePasswords: 20,
} as AdmittedPerson;

function identifying(changes: Partial<Identifying['people']> = {}): Identifying {
  return {
    naming: { kind: 'entra', isOfTenant: id => id === TENANT },
    people: {
      find: id => (id.toLowerCase() === ADA ? ada : undefined),
      named: () => undefined,
      pending: () => undefined,
      look: async id => (id === ADA ? ada : undefined),
      ...changes,
    },
    explainDirectory: () => ({ retryAfterSeconds: 9 }),
  };
}

async function outcome(claims: Record<string, unknown>, how = identifying()): Promise<unknown> {
  const given = {
    iss: ISSUER,
    sub: 'pairwise',
    oid: ADA,
    tid: TENANT,
    preferred_username: 'ada@contoso.com',
    ...claims,
  };
  try {
    return (await identify(given, how, new AbortController().signal)).person.principal;
  } catch (error) {
    return error instanceof RefusedError ? error.refusal.reason : error;
  }
}

describe('the person of an ID token of Entra', () => {
  it('is the one with its object id, in any case', async () => {
    expect(await outcome({ oid: ADA.toUpperCase(), tid: TENANT.toUpperCase() })).toBe('ada@contoso.com');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['of another tenant', { tid: OTHER }, 'other-tenant'],
    ['of another tenant that says it is of this one', { iss: ISSUER.replace(TENANT, OTHER) }, 'other-tenant'],
    ['without a tenant', { tid: undefined }, 'other-tenant'],
    ['without an object id', { oid: undefined }, 'other-tenant'],
    ['whose issuer has no tenant', { iss: 'https://login.microsoftonline.com/common/v2.0' }, 'other-tenant'],
    ['with the same address and another object id', { oid: OTHER }, 'not-admitted'],
    ['who is a guest', { oid: OTHER, acct: 1 }, 'guest'],
    ['of another identity provider', { oid: OTHER, idp: 'https://sts.windows.net/x/' }, 'guest'],
  ])('is nobody for one %s', async (_, claims, reason) => {
    expect(await outcome(claims)).toBe(reason);
  });

  it('is nobody when the directory has them in another tenant', async () => {
    const person = { ...ada.person, tenantId: OTHER };
    expect(await outcome({}, identifying({ look: async () => ({ ...ada, person }) }))).toBe('not-admitted');
  });

  it('may be a guest whom a rule admits', async () => {
    expect(await outcome({ acct: 1 })).toBe('ada@contoso.com');
  });

  it('cannot be told while the directory does not answer', async () => {
    const look = async () => {
      throw new Error('throttled');
    };
    expect(await outcome({}, identifying({ look }))).toBe('directory-unavailable');
  });
});

describe('the person of another issuer', () => {
  const how = (claim: string, changes: Partial<Identifying['people']> = {}): Identifying => ({
    // As in the directory, where `ada` is a short name.
    ...identifying({ named: name => (['ada', 'ada@contoso.com'].includes(name) ? ada : undefined), ...changes }),
    naming: { kind: 'claim', claim },
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['upn', { upn: 'ada@contoso.com' }, 'ada@contoso.com'],
    ['oid', { oid: ADA }, 'ada@contoso.com'],
    ['sub', { sub: 'ada' }, 'not-admitted'],
    ['upn', {}, 'claim-missing'],
    ['email', { email: 'ada@contoso.com', email_verified: false }, 'claim-missing'],
    ['email', { email: 'ada@contoso.com', email_verified: 'false' }, 'claim-missing'],
    ['email', { email: 'ada@contoso.com', email_verified: 'true' }, 'ada@contoso.com'],
    ['upn', { upn: 'ada@contoso.com', email_verified: false }, 'ada@contoso.com'],
  ])('is found by the claim %s with %o', async (claim, claims, expected) => {
    expect(await outcome(claims, how(claim))).toBe(expected);
  });

  it('cannot be told before the directory has been read', async () => {
    const pending = () => ({ retryAfterSeconds: 3 });
    expect(await outcome({ upn: 'new@contoso.com' }, how('upn', { pending }))).toBe('directory-unavailable');
  });
});
