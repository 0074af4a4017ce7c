import { redact } from '../lib/redact.ts';
import { explainTokenRefusal } from './token-refusals.ts';

/**
 * What kind of failure it is, before anybody looks at codes: an answer with an error status, no answer, no token, or
 * our own refusal to ask because Graph wants silence.
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
  /**
   * The request may have been done all the same, by this try or by an earlier one: what it was about must be looked
   * at.
   */
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
 * Answers after which nobody knows whether the request was done: 503 and 504 have been seen for writes that were
 * (onedrive-api-docs 64).
 */
const AMBIGUOUS_STATUSES = [408, 500, 502, 503, 504];

/** An answer that was lost, or cannot be read, or says nothing. */
function isAmbiguous(kind: GraphErrorKind, status: number): boolean {
  return kind === 'answer' ? AMBIGUOUS_STATUSES.includes(status) : LEAVES_IN_DOUBT[kind];
}

/** Whether the request may have been done although nobody has answered. A kind without a line does not compile. */
const LEAVES_IN_DOUBT = {
  network: true,
  timeout: true,
  protocol: true,
  credential: false,
  throttled: false,
  aborted: false,
} as const satisfies Record<Exclude<GraphErrorKind, 'answer'>, boolean>;

/** After such an error what the request was about must be looked at: it may have been done. */
export function mayBeDone(error: unknown): error is GraphError {
  return error instanceof GraphError && error.mayBeDone;
}

/**
 * Graph itself says that there is no such item: its own envelope with its own code (Graph docs, "Microsoft Graph
 * error responses"). A 404 of anything in between says nothing, nor does one with another code.
 */
export function isItemAbsent(error: unknown): boolean {
  return error instanceof GraphError && error.kind === 'answer' && error.status === 404 && error.has('itemNotFound');
}

/**
 * Graph itself says that something is not there, in whatever words: `itemNotFound` of items, others of sites, users and
 * drives. Of what is known to be there one such answer is not enough.
 */
export function isAbsence(error: GraphError): boolean {
  return error.kind === 'answer' && error.status === 404 && error.codes.length > 0;
}

/** There is something else of this name (older services have a name of their own for it). */
export function isNameTaken(error: GraphError): boolean {
  return error.status === 409 && error.has('nameAlreadyExists', 'upload_name_conflict');
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
 * Makes a GraphError of an answer. Its body may be Graph's envelope with `innerError` or `innererror`, or be empty or
 * HTML (Graph docs, "Microsoft Graph error responses"; both spellings occur).
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
 * `Retry-After` in seconds: a number, fractions too (Graph sends them), or an HTTP date. Undefined when it is neither.
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
 * Makes a GraphError of what `@azure/identity` throws. Version 4 gives no fields, only a message that holds the code
 * ("invalid_client: Error(s): 7000215 - … AADSTS7000215: …").
 */
export function errorFromCredential(error: unknown): GraphError {
  const text = error instanceof Error ? error.message : String(error);
  const code = /AADSTS(\d+)/.exec(text)?.[1];
  const refusal = explainTokenRefusal({ code, text });
  const cause = code === undefined ? text.split('\n', 1)[0]!.slice(0, MAX_MESSAGE_CHARACTERS) : `AADSTS${code}`;
  return new GraphError(
    'credential',
    `Microsoft gave no token (${cause})${refusal === undefined ? '' : `: ${refusal.means}; ${refusal.cure}`}`,
    {
      codes: code === undefined ? [] : [`aadsts${code}`],
      cause: error,
    },
  );
}
