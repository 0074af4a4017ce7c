/** One answered request; its path is free of secrets. */
export interface CallRecord {
  /** Microsoft's name of the operation, such as `driveItem-list-children`; `unknown` for 501. */
  readonly operation: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly userAgent: string | undefined;
  /** The requested range of a download; undefined for everything. */
  readonly range?: string | undefined;
  /** 0 while the answer is being sent, and for a connection that was cut. */
  status: number;
  /** Its resource units (SharePoint throttling page); a fragment's price is a switch. */
  resourceUnits: number;
}

/** A replacement of a request's answer. */
export type Fault =
  | ErrorFault
  /** The connection is destroyed; `afterBytes` of the answer's body go out first. */
  | { readonly cut: true; readonly afterBytes?: number }
  /** The request is carried out, then its answer is replaced. */
  | { readonly after: { readonly status: number } }
  | { readonly delayUntil: Promise<unknown> }
  /** Anything that a server or an intermediary can do to an answer. */
  | { readonly wire: WireFault };

/** An error in Graph's envelope, or in Entra's for a token request; the request is not carried out. */
export interface ErrorFault {
  readonly status: number;
  readonly code?: string;
  /**
   * For the token endpoint: the number in AADSTS…, 90033 by default, and the OAuth error beside it.
   */
  readonly aadsts?: number;
  readonly error?: string;
  /** The body, instead of an envelope: a page of a proxy or of a portal in between. */
  readonly html?: string;
  readonly message?: string;
  /** The value of the header, in seconds. */
  readonly retryAfter?: string;
  readonly innerCode?: string;
}

/**
 * Changes to the answer on the wire. Plain data, so that a file or the control API can hold it. The order is:
 * the answer of the operation (`done: 'yes'`) or an empty 200; status, headers and body over it; corruption; coding;
 * truncation; length; and finally the way of sending.
 */
export interface WireFault {
  /** Whether the request is carried out first. */
  readonly done: 'no' | 'yes';
  readonly status?: number;
  /** Headers that override the answer's; null removes one. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Seconds from now as an HTTP-date in Retry-After, by the emulator's clock. */
  readonly retryAfterDate?: number;
  /** Replaces the answer's own. */
  readonly body?: string;
  /** Other bytes of the same length. */
  readonly corrupt?: true;
  /** Unrequested gzip, with its Content-Encoding or without. */
  readonly coding?: 'gzip' | 'gzip-unmarked';
  /** This share of the body, from 0 to 1, under a Content-Length that matches it. */
  readonly truncateTo?: number;
  /** Added to the true Content-Length; the connection ends after the body. */
  readonly lengthOff?: number;
  /** Destroys the connection: `before` the answer, after its `headers`, or after that many bytes of its body. */
  readonly reset?: 'before' | 'headers' | { readonly afterBytes: number };
  /** Destroys the connection after that many bytes of the request's body, or at its end if it is shorter. */
  readonly resetInRequest?: number;
  /** Stops sending until the client closes the connection. */
  readonly stall?: 'before' | 'headers' | { readonly afterBytes: number };
  /** Sends the body in pieces of that many bytes, with a pause before each. */
  readonly trickle?: { readonly bytes: number; readonly everyMs: number };
}

export type FaultScript = (operation: string, call: CallRecord) => Fault | undefined;

/** Operations of the login host, which Graph's faults do not affect. */
export const LOGIN_OPERATIONS: readonly string[] = [
  ...['token', 'adminconsent', 'adminconsent-decision', 'authorize', 'sign-in', 'logout'],
  ...['openid-configuration', 'signing-keys', 'instance-discovery'],
];

/** Makes every call of Graph and of its content hosts 429. `retryAfter`: the header's value, in seconds. */
export function throttleGraph(retryAfter: string): FaultScript {
  return operation => (LOGIN_OPERATIONS.includes(operation) ? undefined : { status: 429, retryAfter });
}

/**
 * Refuses all tokens: a bare status is an outage of Entra (AADSTS90033); `aadsts` with `error` is any refusal of
 * Entra's.
 */
export function failToken(fault: number | ErrorFault): FaultScript {
  return operation => (operation === 'token' ? (typeof fault === 'number' ? { status: fault } : fault) : undefined);
}
