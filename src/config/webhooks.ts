import { isLoopback } from '../lib/loopback.ts';

/**
 * Returns the public URL at which Graph can reach this server; undefined when there is none. Graph accepts https only;
 * an emulator on this machine also http.
 */
export function webhookBase(publicUrls: readonly string[]): string | undefined {
  const reachable = publicUrls.find(text => {
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || isLoopback(hostname);
  });
  return reachable?.replace(/\/+$/, '');
}
