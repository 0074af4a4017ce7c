/** What went wrong, in a word that the app has a sentence for. */
export type ErrorCode =
  | 'offline'
  | 'cut'
  | 'signed-out'
  | 'forbidden'
  | 'not-found'
  | 'exists'
  | 'conflict'
  | 'precondition'
  | 'too-large'
  | 'bad-name'
  | 'locked'
  | 'busy'
  | 'quota'
  | 'unreadable'
  | 'failed';

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'bad-name',
  401: 'signed-out',
  403: 'forbidden',
  404: 'not-found',
  405: 'exists',
  409: 'conflict',
  410: 'not-found',
  412: 'precondition',
  413: 'too-large',
  414: 'bad-name',
  423: 'locked',
  429: 'busy',
  502: 'busy',
  503: 'busy',
  504: 'busy',
  507: 'quota',
};

/** A request that the server has refused, or that did not get an answer. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: ErrorCode;
  /** 0 when there was no answer. */
  readonly status: number;
  /** When it may be tried again, in milliseconds from now, if the server says so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    { status = 0, retryAfterMs }: { status?: number; retryAfterMs?: number | undefined } = {},
  ) {
    super(`${code} (${status})`);
    this.code = code;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed a moment later. */
  get isPassing(): boolean {
    return this.code === 'offline' || this.code === 'busy';
  }
}

/** An answer that is no success. A 207 to a change says that a part of it was not done (RFC 4918 §9.6.1). */
export function errorOfStatus(status: number, retryAfter: string | null): RequestError {
  const code = BY_STATUS[status] ?? (status >= 500 ? 'busy' : 'failed');
  return new RequestError(code, { status, retryAfterMs: parseRetryAfter(retryAfter) });
}

/** Any error as one of a request: without an answer, the line is down, or the server. */
export function asRequestError(error: unknown): RequestError {
  return error instanceof RequestError ? error : new RequestError(error instanceof TypeError ? 'offline' : 'failed');
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) {
    return undefined;
  }
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
