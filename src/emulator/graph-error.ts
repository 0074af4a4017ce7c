/** Graph's error codes in this emulator, with their status. */
const STATUS_OF = {
  invalidRequest: 400,
  BadRequest: 400,
  InvalidRequest: 400,
  MaximumValueExceeded: 400,
  Request_UnsupportedQuery: 400,
  InvalidAuthenticationToken: 401,
  unauthenticated: 401,
  accessDenied: 403,
  AccessDenied: 403,
  Authorization_RequestDenied: 403,
  notAllowed: 403,
  itemNotFound: 404,
  ResourceNotFound: 404,
  UnknownError: 404,
  Request_ResourceNotFound: 404,
  nameAlreadyExists: 409,
  resyncRequired: 410,
  lengthRequired: 411,
  resourceModified: 412,
  requestEntityTooLarge: 413,
  invalidRange: 416,
  resourceLocked: 423,
  activityLimitReached: 429,
  failedDependency: 424,
  generalException: 500,
  notImplemented: 501,
  notSupported: 501,
  serviceNotAvailable: 503,
  quotaLimitReached: 507,
} satisfies Record<string, number>;

export type GraphErrorCode = keyof typeof STATUS_OF;

/** A refusal in Graph's envelope. `innerCode` is the more specific code that Graph nests in `innerError`. */
export class GraphFault extends Error {
  override readonly name = 'GraphFault';
  readonly status: number;
  readonly code: string;
  readonly innerCode: string | undefined;
  readonly headers: Record<string, string>;

  constructor(
    code: GraphErrorCode,
    message: string,
    options: { innerCode?: string; status?: number; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = options.status ?? STATUS_OF[code];
    this.innerCode = options.innerCode;
    this.headers = { ...options.headers };
  }

  /** The same fault with more headers; its own win. */
  withHeaders(headers: Record<string, string>): this {
    Object.assign(this.headers, { ...headers, ...this.headers });
    return this;
  }
}

/** The JSON body of an error (Graph docs, "Microsoft Graph error responses"). */
export function errorBody(
  error: GraphFault,
  ids: { requestId: string; clientRequestId: string; now: number },
): unknown {
  return {
    error: {
      code: error.code,
      message: error.message,
      innerError: {
        ...(error.innerCode === undefined ? {} : { code: error.innerCode }),
        date: new Date(ids.now).toISOString().slice(0, 19),
        'request-id': ids.requestId,
        'client-request-id': ids.clientRequestId,
      },
    },
  };
}
