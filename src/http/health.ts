import type { ServerResponse } from 'node:http';

export interface Readiness {
  readonly ready: boolean;
  /** For people; contains no mailbox names. */
  readonly detail: string;
}

/**
 * Returns true when `path` is one of the server's own pages, which need no credentials; no mount can have their name.
 * The principals of users (`/-/users/`) are part of WebDAV.
 */
export function isOwnPath(path: string): boolean {
  return /^\/-(\/(?!users\/)|$)/.test(path);
}

/**
 * Answers `/-/healthz`: the process is alive; and `/-/readyz`: it accepts requests. Needs no credentials, and reveals
 * nothing about the tenant.
 */
export function answerHealth(path: string, response: ServerResponse, readiness: () => Readiness): void {
  const [status, text] = healthOf(path.split('?', 1)[0]!, readiness);
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}

function healthOf(path: string, readiness: () => Readiness): [status: number, text: string] {
  if (path === '/-/healthz') {
    return [200, 'ok\n'];
  }
  if (path === '/-/readyz') {
    const { ready, detail } = readiness();
    return [ready ? 200 : 503, `${detail}\n`];
  }
  return [404, 'not found\n'];
}
