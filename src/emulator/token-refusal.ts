import type { Reply } from './exchange.ts';

/** A refusal of the login host: the AADSTS code with its OAuth error. */
export interface Refusal {
  readonly code: number;
  /** `invalid_client`, `invalid_request`, … (RFC 6749 §5.2, and Entra's own). */
  readonly error: string;
  readonly status: number;
  readonly text: string;
  /** The kind of help that the person needs: `basic_action`, `message_only`, `consent_required`. */
  readonly suberror?: string;
}

export function isRefusal(value: object): value is Refusal {
  return 'code' in value && 'error' in value;
}

/** Returns the refusal of an invalid client credential. */
export function invalidClient(code: number, text: string): Refusal {
  return { code, error: 'invalid_client', status: 401, text };
}

export function invalidRequest(code: number, text: string): Refusal {
  return { code, error: 'invalid_request', status: 400, text };
}

/** Returns the refusal of an invalid or insufficient grant. */
export function invalidGrant(code: number, text: string, suberror?: string): Refusal {
  return { code, error: 'invalid_grant', status: 400, text, ...(suberror === undefined ? {} : { suberror }) };
}

/** Returns the refusal for a missing parameter. */
export function missingParameter(name: string): Refusal {
  return invalidRequest(900144, `The request body must contain the following parameter: '${name}'.`);
}

/** Renders the answer in Entra's envelope. */
export function renderRefusal(refusal: Refusal, at: number, ids: () => string): Reply {
  const { description, trace, correlation, timestamp } = describeRefusal(refusal, at, ids);
  return {
    status: refusal.status,
    json: {
      error: refusal.error,
      error_description: description,
      error_codes: [refusal.code],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: errorUri(refusal),
      ...(refusal.suberror === undefined ? {} : { suberror: refusal.suberror }),
    },
  };
}

export function errorUri({ code }: Pick<Refusal, 'code'>): string {
  return `https://login.microsoftonline.com/error?code=${code}`;
}

export interface RefusalDetails {
  /** Renders `AADSTS…: text`, with the ids for support on lines of their own. */
  readonly description: string;
  readonly trace: string;
  readonly correlation: string;
  readonly timestamp: string;
}

export function describeRefusal(
  { code, text }: Pick<Refusal, 'code' | 'text'>,
  at: number,
  ids: () => string,
): RefusalDetails {
  const timestamp = new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const [trace, correlation] = [ids(), ids()];
  const description = `AADSTS${code}: ${text}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${timestamp}`;
  return { description, trace, correlation, timestamp };
}
