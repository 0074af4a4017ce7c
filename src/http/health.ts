import type { ServerResponse } from 'node:http';

export interface Readiness {
  readonly ready: boolean;
  /** For people; contains no mailbox names. */
  readonly detail: string;
  /** What was seen of each part; absent: nothing yet. */
  readonly parts?: readonly HealthPart[];
}

/** A part of the server that can be broken by itself. */
export interface HealthPart {
  readonly part: 'credential' | 'microsoft' | 'state' | 'discovery' | 'people' | 'disk';
  /** The name of the tenant in the configuration; not for the page. */
  readonly tenant?: string | undefined;
  readonly ok: boolean;
  /** For anybody: names no person, mailbox or tenant. */
  readonly reason?: string | undefined;
  /** When it last became so. */
  readonly since?: Date | undefined;
}

/**
 * Returns true when `path` is one of the server's own pages, which need no credentials; no mount can have their name.
 * The principals of users (`/-/users/`) are part of WebDAV, and `/-/status` is for operators.
 */
export function isOwnPath(path: string): boolean {
  return /^\/-(\/(?!users\/|status(?:[/?]|$))|$)/.test(path);
}

/** Returns true for the pages that programs ask for all the time. */
export function isProbePath(path: string): boolean {
  return path === '/-/healthz' || path === '/-/readyz' || path === '/-/metrics';
}

/**
 * Answers `/-/healthz`: the process is alive; and `/-/readyz`: it accepts requests. Needs no credentials, and reveals
 * nothing about the tenant.
 */
export function answerHealth(path: string, response: ServerResponse, readiness: () => Readiness): void {
  const [page, query] = path.split('?', 2);
  const isVerbose = new URLSearchParams(query).has('verbose');
  const [status, text] = healthOf(page!, readiness, isVerbose);
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}

function healthOf(path: string, readiness: () => Readiness, isVerbose: boolean): [status: number, text: string] {
  if (path === '/-/healthz') {
    return [200, 'ok\n'];
  }
  if (path === '/-/readyz') {
    const { ready, detail, parts = [] } = readiness();
    const lines = [detail, ...(isVerbose ? parts.map(describePart) : [])];
    return [ready ? 200 : 503, `${lines.join('\n')}\n`];
  }
  return [404, 'not found\n'];
}

/** One line: `credential: failed since 2026-11-29T13:00:00.000Z: Microsoft refuses the credential`. */
function describePart({ part, ok, reason, since }: HealthPart): string {
  const when = since === undefined ? '' : ` since ${since.toISOString()}`;
  return `${part}: ${ok ? 'ok' : 'failed'}${when}${reason === undefined ? '' : `: ${reason}`}`;
}
