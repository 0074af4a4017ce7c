import type { ServerResponse } from 'node:http';
import type { Verdict } from '../auth/door.ts';
import type { User } from '../auth/user.ts';
import type { Refusal } from './limits.ts';

/** For a request that has found the server full or stopping. */
const RETRY_AFTER_SECONDS = 5;

/** The status and the reason of a refusal that may be another one later. */
const LATER = {
  blocked: [429, 'too many wrong passwords'],
  busy: [503, 'too many sign-ins at once'],
  unknown: [503, 'cannot tell now who may sign in'],
} as const satisfies Record<Extract<Verdict, { retryAfterSeconds: number }>['refused'], readonly [number, string]>;

/** Answers a request whose credentials do not let it in. */
export function answerVerdict(
  response: ServerResponse,
  verdict: Exclude<Verdict, { user: User }>,
  { realm, davClasses }: { readonly realm: string; readonly davClasses: string },
): void {
  if ('retryAfterSeconds' in verdict) {
    const [status, reason] = LATER[verdict.refused];
    response.setHeader('Retry-After', String(verdict.retryAfterSeconds));
    refuse(response, { status, message: `${reason}; try again in ${verdict.retryAfterSeconds} s` });
    return;
  }
  if (verdict.refused === 'forbidden') {
    if (verdict.challenge !== undefined) {
      response.setHeader('WWW-Authenticate', verdict.challenge);
    }
    refuse(response, { status: 403, message: 'you are known, but you may not use this server' });
    return;
  }
  const basic = `Basic realm="${realm}", charset="UTF-8"`;
  response.setHeader('WWW-Authenticate', verdict.challenge === undefined ? basic : [basic, verdict.challenge]);
  response.setHeader('DAV', davClasses);
  response.setHeader('MS-Author-Via', 'DAV');
  refuse(response, {
    status: 401,
    message: verdict.refused === 'missing' ? 'sign in with a name and a password' : 'the name or the password is wrong',
  });
}

/** Refuses a request that may be served later. */
export function refuseForNow(
  response: ServerResponse,
  reason: string,
  { retryAfterSeconds = RETRY_AFTER_SECONDS }: { readonly retryAfterSeconds?: number } = {},
): void {
  if (!response.headersSent) {
    response.setHeader('Retry-After', String(retryAfterSeconds));
    response.setHeader('Connection', 'close');
  }
  refuse(response, { status: 503, message: `${reason}; try again in ${retryAfterSeconds} s` });
}

/** Answers with a status and a line of text; cuts the connection when an answer has begun. */
export function refuse(response: ServerResponse, { status, message }: Refusal): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = `${message}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
