import type { HealthPart, Readiness } from '../http/health.ts';

export interface Situation {
  readonly isDraining: boolean;
  /** Whether the mailboxes are known, as far as they must be. */
  readonly isReady: boolean;
  readonly quietSeconds: number;
  /** The number of tenants in the configuration. */
  readonly tenants: number;
  readonly parts: readonly HealthPart[];
}

/**
 * A server is not ready when it can serve nothing. Reports a throttled server as ready: its answers say how long to
 * wait, while a proxy that stops sending requests would not.
 */
export function readinessOf({ isDraining, isReady, quietSeconds, tenants, parts }: Situation): Readiness {
  if (isDraining) {
    return { ready: false, detail: 'shutting down', parts };
  }
  const bad = parts.filter(({ ok }) => !ok);
  const refused = bad.filter(({ part }) => part === 'credential');
  const dead = bad.find(({ part }) => part === 'state') ?? (refused.length >= tenants ? refused[0] : undefined);
  if (dead !== undefined) {
    return { ready: false, detail: `not ready: ${dead.reason}`, parts };
  }
  if (!isReady) {
    return { ready: false, detail: 'discovering mailboxes', parts };
  }
  const wait = Math.ceil(quietSeconds);
  const remarks = [
    ...(wait === 0 ? [] : [`Microsoft asks for silence for ${wait} s`]),
    ...new Set(bad.map(each => remarkOf(each, bad, tenants))),
  ];
  return { ready: true, detail: ['ready', ...remarks].join(', but '), parts };
}

function remarkOf({ part, reason }: HealthPart, bad: readonly HealthPart[], tenants: number): string {
  const count = bad.filter(other => other.part === part).length;
  return tenants > 1 && part !== 'disk' ? `${reason} (${count} of ${tenants} tenants)` : reason!;
}
