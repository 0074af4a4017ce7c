import type { Check, Finding } from './check.ts';
import { type ProbeAnswer, probeHttp } from './http-probe.ts';
import type { OwnServer } from './own-server.ts';

export interface PublicUrlParts {
  readonly publicUrls: readonly string[];
  /** Certificates to trust besides the public ones, in PEM. */
  readonly caPem: string | undefined;
  readonly ownServer: (signal: AbortSignal) => Promise<OwnServer>;
}

const PROXY_CURE = 'check the proxy in front: docs/reverse-proxy.md has tested settings';
const START = 'start the server and run doctor again';
/** The statuses of a proxy whose server is unreachable (RFC 9110 §15.6). */
const NOBODY_BEHIND = [502, 503, 504];

/** Checks that a WebDAV server answers at the public URLs. */
export function publicUrlCheck({ publicUrls, caPem, ownServer }: PublicUrlParts): Check {
  return {
    name: 'public-url',
    run: async signal => {
      if (publicUrls.length === 0) {
        return [{ level: 'skipped', saw: 'publicUrls is empty' }];
      }
      const isRunning = (await ownServer(signal)).state === 'running';
      return Promise.all(publicUrls.map(url => examine(url, { caPem, isRunning, signal })));
    },
  };
}

async function examine(
  url: string,
  { caPem, isRunning, signal }: { caPem: string | undefined; isRunning: boolean; signal: AbortSignal },
): Promise<Finding> {
  const finding = await probeHttp(url, { method: 'OPTIONS', trust: caPem, signal }).then(
    answer => readAnswer(url, answer),
    (error: NodeJS.ErrnoException) => {
      signal.throwIfAborted();
      return readError(url, error);
    },
  );
  // While the server is down, failures are expected.
  return finding.level === 'failure' && !isRunning
    ? { level: 'warning', saw: finding.saw, means: 'the server is not running, so this may mean nothing', cure: START }
    : finding;
}

function readAnswer(url: string, { status, headers }: ProbeAnswer): Finding {
  if (/\b1\b/.test(String(headers.dav ?? ''))) {
    return { level: 'ok', saw: `${url} answers OPTIONS as a WebDAV server (${status})` };
  }
  if (status >= 300 && status < 400) {
    return {
      level: 'failure',
      saw: `${url} redirects to ${headers.location ?? 'somewhere else'} (${status})`,
      means: 'most WebDAV clients do not follow redirects',
      cure: 'name the final URL in publicUrls and give that one to clients',
    };
  }
  const level = 'failure';
  return NOBODY_BEHIND.includes(status)
    ? {
        level,
        saw: `${url} answers ${status}`,
        means: 'the proxy in front does not reach this server',
        cure: PROXY_CURE,
      }
    : {
        level,
        saw: `${url} answers OPTIONS with ${status} and without a DAV header`,
        means: 'another server answers there, or the proxy in front answers OPTIONS itself',
        cure: PROXY_CURE,
      };
}

function readError(url: string, { code = '', message }: NodeJS.ErrnoException): Finding {
  const finding = { level: 'failure', saw: `${url} cannot be reached from here: ${message}` } as const;
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) {
    return {
      ...finding,
      means: 'the name is not in the DNS of this machine',
      cure: 'add it there, or correct publicUrls',
    };
  }
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(code)) {
    return {
      ...finding,
      means: `clients that do not trust the certificate refuse it as well (${code})`,
      cure: 'use a certificate that clients trust; if your own CA issued it, name that CA in outbound.caFile',
    };
  }
  return {
    ...finding,
    means:
      'clients cannot reach it either, unless only this machine is blocked (by a router without hairpin NAT, for example)',
    cure: PROXY_CURE,
  };
}
