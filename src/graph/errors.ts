import { redact } from '../lib/redact.ts';

/**
 * What kind of failure it is, before anybody looks at codes: an answer with an error status, no answer, no token, or our own
 * refusal to ask because Graph wants silence.
 */
export type GraphErrorKind = 'answer' | 'network' | 'timeout' | 'credential' | 'throttled' | 'aborted' | 'protocol';

/** The only error that `graph/` throws on purpose. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly kind: GraphErrorKind;
  /** HTTP status of the answer; 0 when there was none. */
  readonly status: number;
  /** Graph's codes, outermost first, in lower case: Graph is not consistent about case. */
  readonly codes: readonly string[];
  /** What Microsoft support asks for. */
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: GraphErrorKind,
    message: string,
    details: {
      status?: number;
      codes?: readonly string[];
      requestId?: string;
      retryAfterSeconds?: number;
      cause?: unknown;
    } = {},
  ) {
    super(redact(message), { cause: details.cause });
    this.kind = kind;
    this.status = details.status ?? 0;
    this.codes = details.codes ?? [];
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  has(...codes: string[]): boolean {
    return codes.some(code => this.codes.includes(code.toLowerCase()));
  }
}

export function isGraphError(error: unknown, ...kinds: GraphErrorKind[]): error is GraphError {
  return error instanceof GraphError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** Beyond this an error body is noise. */
export const MAX_ERROR_BODY_BYTES = 16 * 1024;
const MAX_MESSAGE_CHARACTERS = 300;
/** Deeper than Graph nests. */
const MAX_INNER_ERRORS = 5;

interface WireError {
  code?: unknown;
  message?: unknown;
  innerError?: WireError;
  innererror?: WireError;
  'request-id'?: unknown;
}

/**
 * Makes a GraphError of an answer. Its body may be Graph's envelope with `innerError` or `innererror`, or be empty or HTML (Graph docs,
 * "Microsoft Graph error responses"; both spellings occur).
 */
export function errorFromAnswer(answer: {
  status: number;
  headers: Record<string, string>;
  text: string;
  now: number;
}): GraphError {
  const { status, headers, text, now } = answer;
  const error = parseEnvelope(text);
  const codes: string[] = [];
  let requestId = headers['request-id'];
  for (
    let at = error, depth = 0;
    at !== undefined && depth < MAX_INNER_ERRORS;
    at = at.innerError ?? at.innererror, depth += 1
  ) {
    if (typeof at.code === 'string') {
      codes.push(at.code.toLowerCase());
    }
    requestId ??= typeof at['request-id'] === 'string' ? at['request-id'] : undefined;
  }
  const said = typeof error?.message === 'string' ? error.message.slice(0, MAX_MESSAGE_CHARACTERS) : 'no explanation';
  return new GraphError('answer', `Graph answered ${status} ${codes.join(' / ') || 'without a code'}: ${said}`, {
    status,
    codes,
    requestId,
    retryAfterSeconds: parseRetryAfter(headers['retry-after'], now),
  });
}

/** `Retry-After` in seconds: a number, fractions too (Graph sends them), or an HTTP date. Undefined when it is neither. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) {
    return undefined;
  }
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function parseEnvelope(text: string): WireError | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: WireError };
    return typeof error === 'object' ? error : undefined;
  } catch {
    return undefined;
  }
}

/** What an operator does about a refusal of the token endpoint, by AADSTS code. */
const CURES: Record<string, string> = {
  '7000215': "the client secret is wrong; copy the secret's Value from Entra, not its ID, to tenant.clientSecret",
  '7000222': 'the client secret has expired; create a new one in Entra and put it in tenant.clientSecret',
  '700016': 'the application is not known in this tenant; check tenant.clientId and tenant.tenantId',
  '90002': 'the tenant was not found; check tenant.tenantId and tenant.cloud',
  '900023': 'tenant.tenantId is neither a GUID nor a domain',
  '7000216': 'no credential was sent; give one in tenant',
  '7000218': 'no credential was sent; give one in tenant',
  '1002012': 'the scope was refused; check tenant.cloud',
  '500011': 'Microsoft Graph is not known there; check tenant.cloud',
  '7000112': 'the application is disabled; an administrator must enable it in Entra',
  '700024':
    "the assertion is outside its validity; check this machine's clock, and with workload identity the age of the token file",
  '700027':
    'the certificate of tenant.certificateFile is not among those of the application, or has expired; upload it to the application in Entra',
  '70025': 'the application has no federated credential; add one in Entra',
  '700211': "no federated credential of the application has this issuer; compare it with the token's in Entra",
  '700212': "no federated credential of the application has this audience; compare it with the token's in Entra",
  '700213': "no federated credential of the application has this subject; compare it with the token's in Entra",
  '53003': 'Conditional Access blocks this application; an administrator must allow it',
};

/** The same for managed identities, where the machine refuses before Entra is asked: App Service and IMDS have no codes. */
const LOCAL_CURES: [text: RegExp, cure: string][] = [
  [
    /No User Assigned or Delegated Managed Identity|Identity not found/,
    'this machine has no such managed identity; assign it in Azure, or check tenant.managedIdentity',
  ],
  [
    /ManagedIdentityCredential: Network unreachable/,
    'nobody on this machine answers for managed identities; tenant.managedIdentity is for machines of Azure',
  ],
];

/**
 * Makes a GraphError of what `@azure/identity` throws. Version 4 gives no fields, only a message that holds the code
 * ("invalid_client: Error(s): 7000215 - … AADSTS7000215: …").
 */
export function errorFromCredential(error: unknown): GraphError {
  const text = error instanceof Error ? error.message : String(error);
  const code = /AADSTS(\d+)/.exec(text)?.[1];
  const cure = code === undefined ? LOCAL_CURES.find(([pattern]) => pattern.test(text))?.[1] : CURES[code];
  const cause = code === undefined ? text.split('\n', 1)[0]!.slice(0, MAX_MESSAGE_CHARACTERS) : `AADSTS${code}`;
  return new GraphError('credential', `Microsoft gave no token (${cause})${cure === undefined ? '' : `: ${cure}`}`, {
    codes: code === undefined ? [] : [`aadsts${code}`],
    cause: error,
  });
}
