import type { Bench } from './bench.ts';

/** A GUID that no tenant and no application has. */
export const UNKNOWN_ID = '00000000-1111-4222-8333-444444444444';

/** The form of a client-credentials request. */
export function fieldsOf({ target }: Bench): Record<string, string> {
  return {
    grant_type: 'client_credentials',
    client_id: target.clientId,
    client_secret: target.clientSecret,
    scope: `${new URL(target.baseUrl).origin}/.default`,
  };
}

export function without(fields: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}

/** An address of the sign-in host, with this segment in the tenant's place. */
export function authority({ target }: Bench, tenant: string, rest: string): string {
  return `${new URL(target.tokenUrl).origin}/${tenant}/${rest}`;
}
