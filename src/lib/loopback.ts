/** Whether a host, as a configuration or a URL names it, is this machine and nobody else. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.');
}
