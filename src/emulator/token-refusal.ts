import type { Reply } from './exchange.ts';

/** Why the token endpoint gives no token: the AADSTS code with its OAuth error. */
export interface Refusal {
  readonly code: number;
  readonly error: 'invalid_client' | 'invalid_request' | 'invalid_scope' | 'unauthorized_client';
  readonly status: 400 | 401;
  readonly text: string;
}

/** A client that cannot prove who it is. */
export function invalidClient(code: number, text: string): Refusal {
  return { code, error: 'invalid_client', status: 401, text };
}

export function invalidRequest(code: number, text: string): Refusal {
  return { code, error: 'invalid_request', status: 400, text };
}

/** The answer in Entra's envelope. */
export function renderRefusal({ code, error, status, text }: Refusal, at: number, ids: () => string): Reply {
  const timestamp = new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const [trace, correlation] = [ids(), ids()];
  return {
    status,
    json: {
      error,
      error_description: `AADSTS${code}: ${text}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  };
}
