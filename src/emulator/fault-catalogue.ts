import type { Fault, WireFault } from './faults.ts';

/** The targets of faults: JSON answers, file contents, fragments and simple PUTs, tokens. */
export type FaultTarget = 'json' | 'content' | 'upload' | 'token';

/** The known effects of a fault; a test's expectations follow from them. */
export interface FaultFacts {
  readonly description: string;
  /** Whether the request is carried out before the fault. */
  readonly done: 'no' | 'yes';
  readonly targets: readonly FaultTarget[];
  /** True: it falsely looks like success or absence. False: it is visibly a failure. */
  readonly lies: boolean;
  /** Whether it ends only when the client disconnects. */
  readonly hangs: boolean;
}

export interface FaultOptions {
  /** For faults that stop within a body; 5 by default. */
  readonly afterBytes?: number;
  /** For faults that name one; 1 by default. */
  readonly retryAfter?: number;
  /** Of `trickle-*`: the pause before each piece, in milliseconds. */
  readonly everyMs?: number;
}

export type NamedFault = ((options?: FaultOptions) => Fault) & FaultFacts;

const ALL: readonly FaultTarget[] = ['json', 'content', 'upload', 'token'];
const GRAPH: readonly FaultTarget[] = ['json', 'content', 'upload'];
const BLOCK_PAGE = '<!DOCTYPE html><html><title>Blocked</title><h1>This page was blocked</h1></html>';
const JSON_TYPE = { 'content-type': 'application/json' };
const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' };

type Make = (options: Required<FaultOptions>) => Omit<WireFault, 'done'>;
type Facts = Partial<Omit<FaultFacts, 'description'>>;

function named(description: string, make: Make, facts: Facts = {}): NamedFault {
  const { done = 'no', targets = ALL, lies = false, hangs = false } = facts;
  const fault = ({ afterBytes = 5, retryAfter = 1, everyMs = 1 }: FaultOptions = {}): Fault => ({
    wire: { done, ...make({ afterBytes, retryAfter, everyMs }) },
  });
  return Object.assign(fault, { description, done, targets, lies, hangs });
}

/** An error in Graph's envelope (Graph docs, "Microsoft Graph error responses"). */
function graphError(status: number, code: string, headers: WireFault['headers'] = {}): Omit<WireFault, 'done'> {
  const body = JSON.stringify({ error: { code, message: 'A scripted fault.', innerError: {} } });
  return { status, headers: { ...JSON_TYPE, ...headers }, body };
}

function page(status: number): Omit<WireFault, 'done'> {
  return { status, headers: HTML_TYPE, body: BLOCK_PAGE };
}

function busy(status: 429 | 503, headers: WireFault['headers']): Omit<WireFault, 'done'> {
  return graphError(status, status === 429 ? 'activityLimitReached' : 'serviceNotAvailable', headers);
}

/** Plain errors (graph-api §3.1). */
const ERRORS: Record<string, NamedFault> = {
  'error-400': named('invalidRequest', () => graphError(400, 'invalidRequest')),
  'error-401': named('the token is refused', () => graphError(401, 'InvalidAuthenticationToken'), { targets: GRAPH }),
  'error-403': named('accessDenied', () => graphError(403, 'accessDenied'), { targets: GRAPH }),
  'error-408': named('the request took too long', () => ({ status: 408, body: '' })),
  'error-409-conflict': named('somebody else is changing the item', () => graphError(409, 'conflict'), {
    targets: GRAPH,
  }),
  'error-409-checked-out': named('checked out', () => graphError(409, 'resourceCheckedOut'), { targets: GRAPH }),
  'error-412': named('a failed precondition, though none was sent', () => graphError(412, 'resourceModified'), {
    targets: GRAPH,
  }),
  'error-416': named('an invalid range, though none was sent', () => graphError(416, 'invalidRange'), {
    targets: GRAPH,
  }),
  'error-423': named('locked', () => graphError(423, 'resourceLocked'), { targets: GRAPH }),
  'error-500': named('generalException', () => graphError(500, 'generalException')),
  'error-500-empty': named('500 without a body', () => ({ status: 500, body: '' })),
  'error-502-html': named('a gateway’s page', () => page(502)),
  'error-503': named('503 without Retry-After', () => busy(503, {})),
  'error-503-html': named('503 as a page', () => page(503)),
  'error-504': named('a gateway timed out; not done', () => graphError(504, 'UnknownError')),
  'error-507': named('over the quota', () => graphError(507, 'quotaLimitReached'), { targets: GRAPH }),
  'error-509': named('over the bandwidth', () => ({ status: 509, body: 'Bandwidth Limit Exceeded' })),
  'error-500-done': named('500 although it was done', () => graphError(500, 'generalException'), { done: 'yes' }),
  'error-503-done': named('503 although it was done', () => busy(503, {}), { done: 'yes' }),
  'error-504-done': named('504 although it was done', () => graphError(504, 'UnknownError'), { done: 'yes' }),
};

/** Retry-After in every form, seen or possible (RFC 9110 §10.2.3; graph-api §3.2 for floats). */
const THROTTLES: Record<string, NamedFault> = {
  'throttle-429': named('seconds', ({ retryAfter }) => busy(429, { 'retry-after': String(retryAfter) })),
  'throttle-429-float': named('fractions of seconds', ({ retryAfter }) =>
    busy(429, { 'retry-after': (retryAfter + 0.128).toFixed(3) }),
  ),
  'throttle-429-date': named('an HTTP-date', ({ retryAfter }) => ({ ...busy(429, {}), retryAfterDate: retryAfter })),
  'throttle-429-past-date': named('an HTTP-date of yesterday', () => ({ ...busy(429, {}), retryAfterDate: -86_400 })),
  'throttle-429-absent': named('no Retry-After', () => busy(429, {})),
  'throttle-429-day': named('a whole day', () => busy(429, { 'retry-after': '86400' })),
  'throttle-429-negative': named('a negative number', () => busy(429, { 'retry-after': '-5' })),
  'throttle-429-garbage': named('not a number', () => busy(429, { 'retry-after': 'soon' })),
  'throttle-429-html': named('429 as a page', () => page(429)),
  'throttle-503': named('503 with seconds', ({ retryAfter }) => busy(503, { 'retry-after': String(retryAfter) })),
  'throttle-503-date': named('503 with an HTTP-date', ({ retryAfter }) => ({
    ...busy(503, {}),
    retryAfterDate: retryAfter,
  })),
  'throttle-503-day': named('503 for a whole day', () => busy(503, { 'retry-after': '86400' })),
};

/** 404 that does not prove absence. */
const ABSENCES: Record<string, NamedFault> = {
  'absent-item-not-found': named('one stray itemNotFound', () => graphError(404, 'itemNotFound'), {
    targets: GRAPH,
    lies: true,
  }),
  'absent-html': named('404 as a page', () => page(404), { lies: true }),
  'absent-other-code': named('404 with another code', () => graphError(404, 'UnknownError'), { lies: true }),
  'absent-empty': named('404 without a body', () => ({ status: 404, body: '' }), { lies: true }),
  'absent-410': named('410 without a body', () => ({ status: 410, body: '' }), { lies: true }),
};

/** Statuses below 400 that mean nothing; nothing was done. */
const RUBBISH: Record<string, NamedFault> = {
  'lie-200-empty': named('200 without a body', () => ({ status: 200, body: '' }), { lies: true }),
  'lie-200-html': named('200 with somebody’s page', () => page(200), { lies: true }),
  'lie-200-object': named('200 with {}', () => ({ status: 200, headers: JSON_TYPE, body: '{}' }), { lies: true }),
  'lie-200-null': named('200 with null', () => ({ status: 200, headers: JSON_TYPE, body: 'null' }), { lies: true }),
  'lie-201-empty': named('201 without a body', () => ({ status: 201, body: '' }), { lies: true }),
  'lie-202-empty': named('202 without a body', () => ({ status: 202, body: '' }), { lies: true }),
  'lie-204': named('204', () => ({ status: 204, body: '' }), { lies: true }),
  'lie-206-empty': named('206 without a range', () => ({ status: 206, body: '' }), { lies: true }),
  'lie-302': named(
    '302 to a portal',
    () => ({ status: 302, headers: { location: 'http://portal.invalid/' }, body: '' }),
    {
      lies: true,
    },
  ),
  'lie-302-no-location': named('302 without Location', () => ({ status: 302, body: '' }), { lies: true }),
  'lie-304': named('an unrequested 304', () => ({ status: 304, body: '' }), { lies: true }),
};

/** The request was carried out, but the answer does not show it. */
const LOST_ANSWERS: Record<string, NamedFault> = {
  'done-200-empty': named('done; 200 without a body', () => ({ status: 200, body: '' }), { done: 'yes' }),
  'done-204': named('done; 204', () => ({ status: 204, body: '' }), { done: 'yes' }),
  'done-200-object': named('done; 200 with {}', () => ({ status: 200, headers: JSON_TYPE, body: '{}' }), {
    done: 'yes',
  }),
  'done-html': named('done; the page of a portal', () => page(200), { done: 'yes' }),
  'done-404': named('done; itemNotFound', () => graphError(404, 'itemNotFound'), { done: 'yes', lies: true }),
};

/** The true answer, damaged in transit. */
const SPOILT: Record<string, NamedFault> = {
  gzip: named('unrequested gzip', () => ({ coding: 'gzip' }), { done: 'yes' }),
  'gzip-unmarked': named('gzip without Content-Encoding', () => ({ coding: 'gzip-unmarked' }), {
    done: 'yes',
    lies: true,
  }),
  'truncated-half': named('half of the body, with a matching length', () => ({ truncateTo: 0.5 }), {
    done: 'yes',
    lies: true,
  }),
  'truncated-to-nothing': named('no byte of the body', () => ({ truncateTo: 0 }), { done: 'yes', lies: true }),
  corrupt: named('other bytes of the same length', () => ({ corrupt: true }), { done: 'yes', lies: true }),
  'length-too-large': named('a Content-Length beyond the body', () => ({ lengthOff: 7 }), { done: 'yes' }),
  'length-too-small': named('a Content-Length short of the body', () => ({ lengthOff: -3 }), {
    done: 'yes',
    lies: true,
  }),
  'no-length': named('no Content-Length', () => ({ headers: { 'content-length': null } }), { done: 'yes' }),
  'no-etag': named('no ETag', () => ({ headers: { etag: null } }), { done: 'yes', targets: ['content'] }),
  'other-etag': named('the ETag of another version', () => ({ headers: { etag: '"{0},999"' } }), {
    done: 'yes',
    targets: ['content'],
  }),
  'other-range': named('the Content-Range of other bytes', () => ({ headers: { 'content-range': 'bytes 1-2/3' } }), {
    done: 'yes',
    targets: ['content'],
    lies: true,
  }),
  'other-type': named('JSON under another media type', () => ({ headers: HTML_TYPE }), { done: 'yes' }),
};

/** Broken connections and missing answers. */
const CONNECTIONS: Record<string, NamedFault> = {
  'reset-before': named('reset; not done', () => ({ reset: 'before' })),
  'reset-in-request': named('reset while the request is sent', ({ afterBytes }) => ({ resetInRequest: afterBytes })),
  'reset-after-done': named('done; reset before the answer', () => ({ reset: 'before' }), { done: 'yes' }),
  'reset-after-headers': named('done; reset after the headers', () => ({ reset: 'headers' }), { done: 'yes' }),
  'reset-in-body': named('done; reset in the body', ({ afterBytes }) => ({ reset: { afterBytes } }), { done: 'yes' }),
  'stall-before': named('no answer; not done', () => ({ stall: 'before' }), { hangs: true }),
  'stall-after-done': named('done; no answer', () => ({ stall: 'before' }), { done: 'yes', hangs: true }),
  'stall-after-headers': named('done; only headers', () => ({ stall: 'headers' }), { done: 'yes', hangs: true }),
  'stall-in-body': named('done; a part of the body', ({ afterBytes }) => ({ stall: { afterBytes } }), {
    done: 'yes',
    hangs: true,
  }),
  'trickle-bytes': named('byte by byte', ({ everyMs }) => ({ trickle: { bytes: 1, everyMs } }), { done: 'yes' }),
  'trickle-pieces': named('in pieces of 16 bytes', ({ everyMs }) => ({ trickle: { bytes: 16, everyMs } }), {
    done: 'yes',
  }),
};

/** All named faults; the names are stable. */
export const FAULTS: Readonly<Record<string, NamedFault>> = {
  ...ERRORS,
  ...THROTTLES,
  ...ABSENCES,
  ...RUBBISH,
  ...LOST_ANSWERS,
  ...SPOILT,
  ...CONNECTIONS,
};
