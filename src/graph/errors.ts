import { redact } from '../lib/redact.ts';
import { explainTokenRefusal } from './token-refusals.ts';

/**
 * The kind of failure, independent of codes: an error status, no answer, no token, or our own refusal to send while
 * Graph throttles us, or when the leave to change something has ended.
 */
export type GraphErrorKind =
  | 'answer'
  | 'network'
  | 'timeout'
  | 'credential'
  | 'throttled'
  | 'aborted'
  | 'protocol'
  | 'lapsed';

/** The only error that `graph/` throws on purpose. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly kind: GraphErrorKind;
  /** HTTP status of the answer; 0 when there was none. */
  readonly status: number;
  /** Graph's codes, outermost first, in lower case: Graph's case is inconsistent. */
  readonly codes: readonly string[];
  /** The id that Microsoft support asks for. */
  readonly requestId: string | undefined;
  /** The id that we have sent, for requests that Microsoft has not answered. */
  clientRequestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** The request may have been executed all the same, by this try or an earlier one: its item must be checked. */
  mayBeDone: boolean;

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
    this.mayBeDone = isAmbiguous(kind, this.status);
  }

  has(...codes: string[]): boolean {
    return codes.some(code => this.codes.includes(code.toLowerCase()));
  }
}

/**
 * Statuses that do not tell whether the request was executed: 503 and 504 have been seen for writes that were
 * (onedrive-api-docs 64).
 */
const AMBIGUOUS_STATUSES = [408, 500, 502, 503, 504];

/** Returns true when an answer was lost, is unreadable, or says nothing. */
function isAmbiguous(kind: GraphErrorKind, status: number): boolean {
  return kind === 'answer' ? AMBIGUOUS_STATUSES.includes(status) : LEAVES_IN_DOUBT[kind];
}

/** True when the request may have been executed without an answer. A kind without a line does not compile. */
const LEAVES_IN_DOUBT = {
  network: true,
  timeout: true,
  protocol: true,
  credential: false,
  throttled: false,
  aborted: false,
  lapsed: false,
} as const satisfies Record<Exclude<GraphErrorKind, 'answer'>, boolean>;

/** Returns true when the request may have been executed: its item must be checked. */
export function mayBeDone(error: unknown): error is GraphError {
  return error instanceof GraphError && error.mayBeDone;
}

/**
 * Returns true when Graph itself says that there is no such item: its own envelope with its own code (Graph docs,
 * "Microsoft Graph error responses"). A proxy's 404 proves nothing, nor does one with another code.
 */
export function isItemAbsent(error: unknown): boolean {
  return error instanceof GraphError && error.kind === 'answer' && error.status === 404 && error.has('itemNotFound');
}

/**
 * Returns true when Graph itself says that something does not exist, with any code: `itemNotFound` for items, others
 * for sites, users and drives. For something known to exist, one such answer is not enough.
 */
export function isAbsence(error: GraphError): boolean {
  return error.kind === 'answer' && error.status === 404 && error.codes.length > 0;
}

/** Returns true when the name is taken (older services use a code of their own). */
export function isNameTaken(error: GraphError): boolean {
  return error.status === 409 && error.has('nameAlreadyExists', 'upload_name_conflict');
}

export function isGraphError(error: unknown, ...kinds: GraphErrorKind[]): error is GraphError {
  return error instanceof GraphError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** An error body beyond this length is noise. */
export const MAX_ERROR_BODY_BYTES = 16 * 1024;
const MAX_MESSAGE_CHARACTERS = 300;
/** More levels than Graph nests. */
const MAX_INNER_ERRORS = 5;

interface WireError {
  code?: unknown;
  message?: unknown;
  innerError?: WireError;
  innererror?: WireError;
  'request-id'?: unknown;
}

/**
 * Creates a GraphError from an answer. Its body may be Graph's envelope with `innerError` or `innererror`, or be empty
 * or HTML (Graph docs, "Microsoft Graph error responses"; both spellings occur).
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

/**
 * Parses `Retry-After` into seconds: a number, possibly a fraction (Graph sends them), or an HTTP date. Returns
 * undefined when it is neither.
 */
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

/**
 * Creates a GraphError from an error of `@azure/identity`. Version 4 provides no fields, only a message with the code
 * ("invalid_client: Error(s): 7000215 - … AADSTS7000215: …").
 */
export function errorFromCredential(error: unknown): GraphError {
  const text = error instanceof Error ? error.message : String(error);
  const code = /AADSTS(\d+)/.exec(text)?.[1];
  const refusal = explainTokenRefusal({ code, text });
  const cause = code === undefined ? text.split('\n', 1)[0]!.slice(0, MAX_MESSAGE_CHARACTERS) : `AADSTS${code}`;
  return new GraphError(
    'credential',
    `Microsoft issued no token (${cause})${refusal === undefined ? '' : `: ${refusal.means}; ${refusal.cure}`}`,
    {
      codes: code === undefined ? [] : [`aadsts${code}`],
      cause: error,
    },
  );
}
