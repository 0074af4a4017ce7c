/** Returns a host as in a URL or a Host header without its port, which may be empty (RFC 3986 §3.2.3). */
export function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '');
}
