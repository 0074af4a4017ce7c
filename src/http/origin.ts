import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { decodeUrlPath, UrlPathError } from '../lib/url-path.ts';
import { parseForwarded } from './forwarded.ts';

export interface OriginOptions {
  /** Addresses and networks (`10.0.0.0/8`) whose word about the client is taken. */
  readonly trustedProxies: readonly string[];
  /** URLs by which clients know this server; one with a path tells what a proxy has taken off. */
  readonly publicUrls: readonly string[];
  /** Names below which everything is served on this listener. */
  readonly basePath: readonly string[];
}

/** By which way a request has come. */
export interface Origin {
  /** Of the client, as far as trusted proxies know it. */
  readonly address: string;
  /** What stands for this server in the client's URLs besides the Host header: `host` or `host:port`, lower case. */
  readonly hosts: readonly string[];
  /** Names that stand before those of the tree in the client's URLs. */
  readonly prefix: readonly string[];
}

/** Makes a function that finds out where a request comes from. `X-Forwarded-*` and `Forwarded` count only from trusted proxies. */
export function createOriginReader(options: OriginOptions): (request: IncomingMessage) => Origin {
  const isTrusted = trustOf(options.trustedProxies);
  const prefixes = new Map(options.publicUrls.map(url => [hostOf(url), namesOf(new URL(url).pathname)]));
  return request => {
    const peer = plainAddress(request.socket.remoteAddress ?? '');
    const { addresses, host, prefix } = isTrusted(peer)
      ? parseForwarded(request.headers)
      : { addresses: [], host: undefined, prefix: undefined };
    const hosts = host === undefined ? [] : [host.toLowerCase()];
    const known = [...hosts, (request.headers.host ?? '').toLowerCase()].map(each => prefixes.get(withoutPort(each)));
    const told = prefix === undefined ? undefined : [...namesOf(prefix), ...options.basePath];
    return {
      // The last address that no trusted proxy has, seen from us: those before it are the client's own claims.
      address: addresses.findLast(each => !isTrusted(each)) ?? addresses[0] ?? peer,
      hosts,
      prefix: told ?? known.find(names => names !== undefined) ?? options.basePath,
    };
  };
}

/** The target without the base path; undefined when it is not below it. */
export function stripBasePath(target: string, basePath: readonly string[]): string | undefined {
  const { names } = decodeUrlPath(target);
  if (!basePath.every((name, index) => name === names[index])) {
    return undefined;
  }
  const rest = target.replace(new RegExp(`^(?:/+[^/?]+){${basePath.length}}`), '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function trustOf(networks: readonly string[]): (address: string) => boolean {
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

/** A socket that takes both kinds shows an IPv4 peer as `::ffff:1.2.3.4`. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function hostOf(url: string): string {
  return withoutPort(new URL(url).host.toLowerCase());
}

/** A proxy may leave out the port that it listens on. */
function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}

/** A prefix that cannot be read is none. */
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
