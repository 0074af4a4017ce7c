import type { ServerResponse } from 'node:http';
import type { Entry } from '../drive/entry.ts';
import { isDriveError } from '../drive/errors.ts';
import { isClientGone } from '../lib/client-gone.ts';
import type { Log } from '../lib/log.ts';
import { DavError, type LackingPrivilege, toDavError } from './errors.ts';
import { escapeXml } from './xml/xml-writer.ts';

/** Sends an answer without a body. */
export function sendEmpty(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  const length = status === 204 || status === 304 ? {} : { 'Content-Length': '0' };
  response.writeHead(status, { ...length, ...headers }).end();
}

/** Sends an answer whose body is XML; `xml` is its root element. */
export function sendXml(
  response: ServerResponse,
  status: number,
  xml: string,
  headers: Record<string, string> = {},
): void {
  const body = `<?xml version="1.0" encoding="utf-8"?>\n${xml}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/xml; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(body);
}

/**
 * Sends a 207 that is short enough to build at once; `responses` are its `response` elements. `multistatus.ts` streams
 * listings.
 */
export function sendMultistatus(response: ServerResponse, responses: string): void {
  sendXml(response, 207, `<D:multistatus xmlns:D="DAV:">${responses}</D:multistatus>`);
}

/** ETag and Last-Modified, the same in GET, HEAD, PUT and PROPFIND. */
export function validatorsOf(entry: Entry): Record<string, string> {
  return { ETag: `"${entry.etag}"`, 'Last-Modified': entry.modified.toUTCString() };
}

/** The body of an error, and its media type. */
export interface ErrorBody {
  readonly body: string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers an error. When the head has been sent already, it cuts the connection: a body that ends early must not look
 * whole. An error without an answer of ours is a bug: the client gets a 500, and the log gets the details.
 */
export function sendError(
  response: ServerResponse,
  error: unknown,
  log: Log,
  render: (answer: DavError) => ErrorBody = renderError,
): void {
  if (isAborted(response, error)) {
    response.destroy();
    return;
  }
  const answer = toDavError(error) ?? bug(error, log);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  logCause(answer, log);
  const { body, type, headers } = render(answer);
  response.writeHead(answer.status, {
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
    ...answer.headers,
  });
  response.end(body);
}

/** Logs a failure of the cloud, and a refusal of the cloud whose words the client does not get. */
function logCause(answer: DavError, log: Log): void {
  const isFailure = answer.status >= 500 && answer.status !== 500;
  const isHidden = isDriveError(answer.cause) && answer.cause.cause !== undefined;
  if (isFailure || (isHidden && answer.status !== 404)) {
    log[isFailure ? 'warn' : 'info']({ status: answer.status, ...causeOf(answer) }, 'could not serve a request');
  }
}

/** What the operator needs: the words that clients do not get, and the ids by which Microsoft finds the request. */
function causeOf(answer: DavError): Record<string, unknown> {
  const error = answer.cause as Error | undefined;
  const { requestId, clientRequestId, codes } = originOf(error);
  return { cause: error?.message ?? answer.message, codes, requestId, clientRequestId };
}

/** The first error of the chain: a failure of a drive may be the cause of another one. */
function originOf(error: Error | undefined): {
  readonly requestId?: string;
  readonly clientRequestId?: string;
  readonly codes?: readonly string[];
} {
  const cause = error?.cause;
  return isDriveError(cause) ? originOf(cause) : ((cause ?? {}) as ReturnType<typeof originOf>);
}

/**
 * True when the body ended early because one side has closed the connection. That is not our failure, and the access
 * log records it.
 */
function isAborted({ destroyed, req }: ServerResponse, error: unknown): boolean {
  return (destroyed || req.destroyed) && (isClientGone(error) || isDriveError(error, 'aborted'));
}

function bug(error: unknown, log: Log): DavError {
  log.error({ err: error }, 'a request failed unexpectedly');
  return new DavError(500, 'internal server error; see the server log');
}

/** Renders an error as RFC 4918 §16 wants it, or as plain text. */
export function renderError({ condition, hrefs, lacking, message }: DavError): ErrorBody {
  if (condition === undefined) {
    return { body: `${message}\n`, type: 'text/plain; charset=utf-8' };
  }
  const element = lacking.length === 0 ? renderCondition(condition, hrefs) : renderNeedPrivileges(lacking);
  // XML 1.0 §2.5 forbids two hyphens in a row. The space before the end separates a last hyphen.
  const comment = escapeXml(message).replace(/-(?=-)/g, '- ');
  const error = `<D:error xmlns:D="DAV:">${element}</D:error>`;
  const body = `<?xml version="1.0" encoding="utf-8"?>\n${error}\n<!-- ${comment} -->\n`;
  return { body, type: 'application/xml; charset=utf-8' };
}

/** The element of a condition (RFC 4918 §16), with the URLs that failed it. */
export function renderCondition(condition: string, hrefs: readonly string[] = []): string {
  const members = hrefs.map(href => `<D:href>${escapeXml(href)}</D:href>`).join('');
  return members === '' ? `<D:${condition}/>` : `<D:${condition}>${members}</D:${condition}>`;
}

/** Names each privilege that the user lacks, and where (RFC 3744 §7.1.1). */
function renderNeedPrivileges(lacking: readonly LackingPrivilege[]): string {
  const resources = lacking.map(
    ({ href, privilege }) =>
      `<D:resource><D:href>${escapeXml(href)}</D:href><D:privilege><D:${privilege}/></D:privilege></D:resource>`,
  );
  return `<D:need-privileges>${resources.join('')}</D:need-privileges>`;
}
