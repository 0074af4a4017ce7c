import type { RequestHeaders } from '../lib/headers.ts';

/** What proxies say of a request. */
export interface ForwardedFacts {
  /**
   * For each header that tells it: the addresses of the client and of the proxies on the way, in the order in which the
   * request passed them.
   */
  readonly ways: readonly (readonly string[])[];
  /** The Host headers that clients and proxies have sent, the client's first. */
  readonly hosts: readonly string[];
  /** The path that proxies have taken off; undefined when none says so. */
  readonly prefix: string | undefined;
  /** A proxy says that the client speaks TLS to it. */
  readonly isSecure: boolean;
}

/** More hops than any way has; the ones nearest to us count. */
const MAX_HOPS = 20;

/** Reads `Forwarded` (RFC 7239) and the `X-Forwarded-*` that most proxies send. What cannot be read is left out. */
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
    // Each proxy adds what it has taken off to what those before it have.
    prefix: prefixes.length === 0 ? undefined : prefixes.join('/'),
  };
}

/**
 * Without brackets, port and the `::ffff:` by which a socket for both kinds shows an IPv4 peer: `[2001:db8::1]:4711`,
 * `192.0.2.1:4711`.
 */
export function bareAddress(text: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(text)?.[1];
  const bare = bracketed ?? (/^[^:]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Quotes hold no list together here: a client that opens one must not swallow what the next proxy adds. */
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
