import { expectAnswer, jsonOf } from './answer.ts';

/** A tenant to try: an emulated one or a real one. */
export interface GraphTarget {
  /** `https://graph.microsoft.com/v1.0`, or that of another cloud. */
  readonly baseUrl: string;
  /** Leads to Microsoft's host names; through a proxy when the tenant is emulated. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The v2.0 token endpoint of the tenant. */
  readonly tokenUrl: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The UPN of a user with a drive. */
  readonly mailbox: string;
  /** The name of the folder, in the root of the drive, that the suite makes, works in and removes. */
  readonly folder: string;
  /** Whether the whole drive may be lost. Otherwise cases that ask for that, to be refused, are skipped. */
  readonly disposable: boolean;
  /** How often, and after which pause, `eventually` looks again. The first look has no pause before it. */
  readonly patience: { readonly tries: number; readonly pauseMs: number };
}

/** The suite's own token. */
export async function fetchToken(target: GraphTarget): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: target.clientId,
    client_secret: target.clientSecret,
    scope: `${new URL(target.baseUrl).origin}/.default`,
  });
  const response = await target.fetch(target.tokenUrl, { method: 'POST', body });
  const answer = { request: `POST ${target.tokenUrl}`, status: response.status, headers: response.headers };
  const bytes = new Uint8Array(await response.arrayBuffer());
  expectAnswer({ ...answer, bytes }, 200);
  return jsonOf<{ access_token: string }>({ ...answer, bytes }).access_token;
}
