/** One request as it was answered; secrets are cut from the path. */
export interface CallRecord {
  /** Microsoft's name of the operation, `driveItem-list-children` say; `unknown` for what is 501. */
  readonly operation: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly userAgent: string | undefined;
  /** What it asks for of a download; undefined for everything. */
  readonly range?: string | undefined;
  /** 0 while it is being answered, and for a connection that was cut. */
  status: number;
  /** What it costs (SharePoint throttling page); a fragment's price is a switch. */
  resourceUnits: number;
}

/** What happens to a request instead of its answer. */
export type Fault =
  | ErrorFault
  /** The connection is destroyed; `afterBytes` of the answer's body go out first. */
  | { readonly cut: true; readonly afterBytes?: number }
  /** The request is done, and then its answer is replaced. */
  | { readonly after: { readonly status: number } }
  | { readonly delayUntil: Promise<unknown> }
  /** Anything that a server, or a box in between, can do to an answer. */
  | { readonly wire: WireFault };

/** An error in Graph's envelope, or in Entra's where a token was asked for; the request is not done. */
export interface ErrorFault {
  readonly status: number;
  readonly code?: string;
  /**
   * Of the token endpoint: the number in AADSTS…, 90033 unless it is given, and the OAuth error that stands beside it.
   */
  readonly aadsts?: number;
  readonly error?: string;
  /** The body, instead of any envelope: a page of a proxy or of a portal in between. */
  readonly html?: string;
  readonly message?: string;
  /** As the header is sent: seconds. */
  readonly retryAfter?: string;
  readonly innerCode?: string;
}

/**
 * What goes out on the wire. Plain data, so that a file or the control API can hold it. The parts work in this order:
 * the answer of the operation (`done: 'yes'`) or an empty 200; status, headers and body over it; corruption; coding;
 * truncation; length; and then how it is sent.
 */
export interface WireFault {
  /** Whether the request is carried out before. */
  readonly done: 'no' | 'yes';
  readonly status?: number;
  /** Over the answer's own; null takes one away. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Seconds from now as an HTTP-date in Retry-After, by the emulator's clock. */
  readonly retryAfterDate?: number;
  /** Instead of the answer's own. */
  readonly body?: string;
  /** Other bytes of the same length. */
  readonly corrupt?: true;
  /** gzip that nobody has asked for, with its Content-Encoding or without. */
  readonly coding?: 'gzip' | 'gzip-unmarked';
  /** This share of the body, from 0 to 1, under a Content-Length that matches it. */
  readonly truncateTo?: number;
  /** Added to the true Content-Length; the connection ends after the body. */
  readonly lengthOff?: number;
  /** The connection is destroyed: `before` the answer, after its `headers`, or after so many bytes of its body. */
  readonly reset?: 'before' | 'headers' | { readonly afterBytes: number };
  /** The connection is destroyed after so many bytes of the request's body, or at its end if it is shorter. */
  readonly resetInRequest?: number;
  /** Nothing more comes, until the client closes the connection. */
  readonly stall?: 'before' | 'headers' | { readonly afterBytes: number };
  /** The body in pieces of so many bytes, with a pause before each. */
  readonly trickle?: { readonly bytes: number; readonly everyMs: number };
}

export type FaultScript = (operation: string, call: CallRecord) => Fault | undefined;

/** What belongs to the login host; Graph's troubles are none of its. */
export const LOGIN_OPERATIONS: readonly string[] = [
  ...['token', 'adminconsent', 'adminconsent-decision', 'authorize', 'sign-in', 'logout'],
  ...['openid-configuration', 'signing-keys', 'instance-discovery'],
];

/** Every call of Graph and of its content hosts is 429. `retryAfter`: seconds, as the header is sent. */
export function throttleGraph(retryAfter: string): FaultScript {
  return operation => (LOGIN_OPERATIONS.includes(operation) ? undefined : { status: 429, retryAfter });
}

/**
 * No token is issued: a status alone is Entra in trouble (AADSTS90033), `aadsts` with `error` is any refusal that Entra
 * knows.
 */
export function failToken(fault: number | ErrorFault): FaultScript {
  return operation => (operation === 'token' ? (typeof fault === 'number' ? { status: fault } : fault) : undefined);
}
