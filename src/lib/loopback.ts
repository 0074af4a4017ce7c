/** Returns true when a host, as in a configuration or a URL, is only this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A listener on all addresses answers on the loopback one. */
const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1', '[::]': '::1' };

/** Returns the host of a URL that leads from this machine to a listener on `host`. */
export function reachableHost(host: string): string {
  const name = ANY[host] ?? host;
  return name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
}
