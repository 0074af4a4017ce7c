import type { RequestHeaders } from '../lib/headers.ts';

/** Statements of proxies about a request. */
export interface ForwardedFacts {
  /**
   * For each header with addresses: those of the client and the proxies on the way, in the order of the request's path.
   */
  readonly ways: readonly (readonly string[])[];
  /** The Host headers that clients and proxies have sent, the client's first. */
  readonly hosts: readonly string[];
  /** The path prefix that proxies have removed; undefined when none is stated. */
  readonly prefix: string | undefined;
  /** True when a proxy says that the client uses TLS. */
  readonly isSecure: boolean;
}

/** More hops than any real path; the ones nearest to us count. */
const MAX_HOPS = 20;

/** Reads `Forwarded` (RFC 7239) and the `X-Forwarded-*` that most proxies send. Unreadable parts are left out. */
export function parseForwarded(headers: RequestHeaders): ForwardedFacts {
  const elements = listOf(headers.forwarded).map(readElement);
  const ways = [elements.map(element => element.get('for') ?? ''), listOf(headers['x-forwarded-for'])];
  const hosts = [...elements.map(element => element.get('host') ?? ''), ...listOf(headers['x-forwarded-host'])];
  const prefixes = listOf(headers['x-forwarded-prefix']);
  const protocols = [...elements.map(element => element.get('proto')), ...listOf(headers['x-forwarded-proto'])];
  return {
    isSecure: protocols.some(protocol => protocol?.toLowerCase() === 'https'),
    ways: ways.filter(way => way.length > 0).map(way => way.slice(-MAX_HOPS).map(bareAddress)),
    hosts: hosts.filter(host => host !== '').map(host => host.toLowerCase()),
    // Each proxy appends the prefix that it has removed.
    prefix: prefixes.length === 0 ? undefined : prefixes.join('/'),
  };
}

/**
 * Returns an address such as `[2001:db8::1]:4711` or `192.0.2.1:4711` without brackets, port and the `::ffff:` of IPv4
 * peers on dual-stack sockets.
 */
export function bareAddress(text: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(text)?.[1];
  const bare = bracketed ?? (/^[^:]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Splits a list, ignoring quotes: an opening quote from a client must not swallow the next proxy's entry. */
function listOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');
}

/** `for=192.0.2.1;host="a:1";proto=https` */
function readElement(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(';').map(pair => pair.split('=', 2));
  return new Map(pairs.map(([name = '', value = '']) => [name.trim().toLowerCase(), unquote(value.trim())]));
}

function unquote(value: string): string {
  const quoted = /^"(.*)"$/.exec(value)?.[1];
  return quoted === undefined ? value : quoted.replace(/\\(.)/g, '$1');
}
