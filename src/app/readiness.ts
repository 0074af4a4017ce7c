import type { Readiness } from '../http/health.ts';

/**
 * Reports a throttled server as ready: its answers say how long to wait, while a proxy that stops sending requests
 * would not.
 */
export function readinessOf({
  isDraining,
  isReady,
  quietSeconds,
}: {
  isDraining: boolean;
  isReady: boolean;
  quietSeconds: number;
}): Readiness {
  if (isDraining) {
    return { ready: false, detail: 'shutting down' };
  }
  if (!isReady) {
    return { ready: false, detail: 'discovering mailboxes' };
  }
  const wait = Math.ceil(quietSeconds);
  return { ready: true, detail: wait === 0 ? 'ready' : `ready, but Microsoft asks for silence for ${wait} s` };
}
