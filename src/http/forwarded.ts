type Headers = Record<string, string | string[] | undefined>;

/** What proxies say of a request. */
export interface ForwardedFacts {
  /** The client's and those of the proxies on the way, in the order in which the request passed them. */
  readonly addresses: readonly string[];
  /** The Host header that the client sent. */
  readonly host: string | undefined;
  /** The path that a proxy has taken off. */
  readonly prefix: string | undefined;
}

/** More hops than any way has; the ones nearest to us count. */
const MAX_HOPS = 20;

/** Reads `Forwarded` (RFC 7239), or the `X-Forwarded-*` that most proxies send. What cannot be read is left out. */
export function parseForwarded(headers: Headers): ForwardedFacts {
  const elements = listOf(headers.forwarded).map(readElement);
  const addresses =
    elements.length > 0 ? elements.map(element => element.for ?? '') : listOf(headers['x-forwarded-for']);
  return {
    addresses: addresses.slice(-MAX_HOPS).map(bareAddress),
    host: elements.find(element => element.host !== undefined)?.host ?? listOf(headers['x-forwarded-host'])[0],
    prefix: listOf(headers['x-forwarded-prefix'])[0],
  };
}

function listOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');
}

/** `for=192.0.2.1;host="a:1";proto=https` */
function readElement(text: string): Partial<Record<string, string>> {
  const pairs = text.matchAll(/([!#$%&'*+.^_`|~\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)/g);
  return Object.fromEntries(
    [...pairs].map(([, name, value]) => [
      name!.toLowerCase(),
      value!.startsWith('"') ? value!.slice(1, -1).replace(/\\(.)/g, '$1') : value!,
    ]),
  );
}

/** Without port and brackets: `[2001:db8::1]:4711`, `192.0.2.1:4711`. */
function bareAddress(text: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(text)?.[1];
  return bracketed ?? (/^[^:]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
}
