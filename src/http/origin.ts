import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { foldName } from '../lib/fold-name.ts';
import { decodeUrlPath, UrlPathError } from '../lib/url-path.ts';
import { withoutPort } from '../lib/without-port.ts';
import { bareAddress, type ForwardedFacts, parseForwarded } from './forwarded.ts';

export interface OriginOptions {
  /** Addresses and networks (`10.0.0.0/8`) whose statements about the client are trusted. */
  readonly trustedProxies: readonly string[];
  /** URLs that clients use for this server; one with a path states the prefix that a proxy has removed. */
  readonly publicUrls: readonly string[];
  /** The names of the base path of this listener. */
  readonly basePath: readonly string[];
}

/** Where a request comes from, and how. */
export interface Origin {
  /** The client's address, as far as trusted proxies know it. */
  readonly address: string;
  /** Further names of this server in the client's URLs, besides the Host header: `host` or `host:port`, lower case. */
  readonly hosts: readonly string[];
  /** Names before those of the tree in the client's URLs. */
  readonly prefix: readonly string[];
  /** True when the client uses TLS, to us or to a trusted proxy. */
  readonly isSecure: boolean;
  /** The id that a trusted proxy has given the request (`X-Request-Id`). */
  readonly requestId?: string | undefined;
}

/** Visible ASCII; another id could be a line of its own in somebody's log. */
const REQUEST_ID = /^[!-~]{1,128}$/;

type IsTrusted = (address: string) => boolean;

const NOTHING_SAID: ForwardedFacts = { ways: [], hosts: [], prefix: undefined, isSecure: false };

/**
 * Creates a function that determines the origin of a request. `X-Forwarded-*` and `Forwarded` count only from trusted
 * proxies.
 */
export function createOriginReader(options: OriginOptions): (request: IncomingMessage) => Origin {
  const isTrusted = trustOf(options.trustedProxies);
  const prefixes = prefixesOf(options.publicUrls);
  return ({ socket, headers }) => {
    const peer = bareAddress(socket.remoteAddress ?? '');
    const isProxy = isTrusted(peer);
    const { ways, hosts, prefix, isSecure } = isProxy ? parseForwarded(headers) : NOTHING_SAID;
    const id = isProxy ? String(headers['x-request-id'] ?? '') : '';
    const known = () =>
      [...hosts, (headers.host ?? '').toLowerCase()]
        .map(host => prefixes.get(host) ?? prefixes.get(withoutPort(host)))
        .find(names => names !== undefined);
    const told = prefix === undefined ? undefined : [...namesOf(prefix), ...options.basePath];
    return {
      address: clientOf(ways, peer, isTrusted),
      hosts,
      isSecure: isSecure || 'encrypted' in socket,
      prefix: told ?? (prefixes.size === 0 ? undefined : known()) ?? options.basePath,
      ...(REQUEST_ID.test(id) && { requestId: id }),
    };
  };
}

/** A request target, split in two. */
export interface SplitTarget {
  /** The names of the base path in the client's spelling. */
  readonly base: readonly string[];
  /** The target as it would be without a base path. */
  readonly rest: string;
}

/**
 * Splits off the base path, ignoring case and Unicode form as in the names below it; returns undefined when the target
 * is beside or above it.
 */
export function splitBasePath(target: string, basePath: readonly string[]): SplitTarget | undefined {
  if (basePath.length === 0) {
    return { base: [], rest: target };
  }
  const base = decodeUrlPath(target).names.slice(0, basePath.length);
  if (!areSameNames(base, basePath)) {
    return undefined;
  }
  const rest = target.replace(new RegExp(`^(?:/+[^/?]+){${basePath.length}}`), '');
  return { base, rest: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Returns the origin with the base path in the client's spelling: clients compare hrefs with the requested URL. */
export function respellBase(origin: Origin, base: readonly string[]): Origin {
  if (base.length === 0) {
    return origin;
  }
  const above = origin.prefix.slice(0, Math.max(0, origin.prefix.length - base.length));
  return areSameNames(origin.prefix.slice(above.length), base) ? { ...origin, prefix: [...above, ...base] } : origin;
}

/**
 * Returns the address nearest to us that is not a trusted proxy: those before it are the client's own claims. A proxy
 * that sets one header passes the client's version of the other on, so if the two differ, neither is trusted.
 */
function clientOf(ways: ForwardedFacts['ways'], peer: string, isTrusted: IsTrusted): string {
  const clients = ways.map(way => {
    const known = way.slice(way.findLastIndex(address => isIP(address) === 0) + 1);
    return known.findLast(address => !isTrusted(address)) ?? known[0] ?? peer;
  });
  return new Set(clients).size === 1 ? clients[0]! : peer;
}

/** Returns a function that checks whether an address is in a list of addresses and networks. */
export function trustOf(networks: readonly string[]): IsTrusted {
  if (networks.length === 0) {
    return () => false;
  }
  const list = new BlockList();
  for (const network of networks) {
    const [address, bits] = network.split('/', 2) as [string, string | undefined];
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return address => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  };
}

/**
 * Returns the prefixes by host, with and without port, since a proxy may omit its port. The first URL of a host counts.
 */
function prefixesOf(publicUrls: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const urls = publicUrls.map(text => new URL(text)).toReversed();
  const pairs = (hostOf: (url: URL) => string) =>
    urls.map(url => [hostOf(url), decodeUrlPath(url.pathname).names] as const);
  return new Map([...pairs(({ host }) => withoutPort(host)), ...pairs(({ host }) => host)]);
}

function areSameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, index) => foldName(name) === foldName(others[index]!));
}

/** Returns the names of a prefix that a proxy states; none if it is unreadable. */
function namesOf(path: string): string[] {
  try {
    return decodeUrlPath(path.startsWith('/') ? path : `/${path}`).names;
  } catch (error) {
    if (error instanceof UrlPathError) {
      return [];
    }
    throw error;
  }
}
