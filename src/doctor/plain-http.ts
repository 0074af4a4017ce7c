import type { Config } from '../config/load.ts';
import { isLoopback } from '../lib/loopback.ts';
import type { Check, Finding } from './check.ts';

const REDIRECTOR =
  'https://learn.microsoft.com/en-us/archive/blogs/robert_mcmurray/webdav-redirector-registry-settings';
const CURE =
  'set listen.tls; or put a proxy with TLS in front, name its https URL in publicUrls and let this server listen on 127.0.0.1 (docs/reverse-proxy.md)';

/** Checks for TLS: Basic sends the password with each request, and Windows refuses to send it without TLS. */
export function plainHttpCheck({ listen, publicUrls }: Pick<Config, 'listen' | 'publicUrls'>): Check {
  return { name: 'plain-http', run: async () => [examine(listen, publicUrls)] };
}

function examine({ host, tls, trustedProxies }: Config['listen'], publicUrls: readonly string[]): Finding {
  const urls = publicUrls.map(text => new URL(text));
  const open = urls.filter(({ protocol, hostname }) => protocol === 'http:' && !isLoopback(hostname));
  if (open.length > 0) {
    return refuse(`publicUrls sends clients to ${open.map(({ origin }) => origin).join(' and ')}, without TLS`);
  }
  if (tls !== undefined) {
    return { level: 'ok', saw: 'the server speaks TLS' };
  }
  if (urls.some(({ protocol }) => protocol === 'https:')) {
    return { level: 'ok', saw: `the server speaks plain http, and TLS ends in front of it, at ${urls[0]!.origin}` };
  }
  if (isLoopback(host)) {
    return {
      level: 'ok',
      saw: `plain http on ${host} only: nobody else can read passwords in transit`,
      means:
        'on this machine, too, Explorer sends no password without TLS unless the registry value BasicAuthLevel of its WebClient service is 2',
    };
  }
  return trustedProxies.length > 0
    ? {
        level: 'warning',
        saw: `plain http on ${host}, for the proxies ${trustedProxies.join(', ')}`,
        means: 'a client that bypasses the proxy sends its password unencrypted',
        cure: "name the proxy's https URL in publicUrls, and let only the proxy reach this port",
      }
    : refuse(`the server listens on ${host} with plain http, and no proxy with TLS is named`);
}

function refuse(saw: string): Finding {
  return {
    level: 'failure',
    saw,
    means:
      "passwords can be read in transit, and Windows' own client does not send one: it asks again and again, or says that the folder is not valid (error 67)",
    cure: CURE,
    link: REDIRECTOR,
  };
}
