import type { Clock } from '../lib/clock.ts';
import type { Finding, ThrottlingCheck } from './check.ts';
import type { Traffic } from './traffic.ts';

export interface ThrottlingParts {
  readonly tenant: string | undefined;
  readonly traffic: Traffic;
  readonly clock: Clock;
}

const LIMITS =
  'https://learn.microsoft.com/en-us/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online';

/** Whether Microsoft wants to be asked less. Made last, from what all answers of this run said. */
export function throttlingCheck({ tenant, traffic, clock }: ThrottlingParts): ThrottlingCheck {
  return {
    name: 'throttling',
    tenant,
    isSilent: () => traffic.isSilent(),
    run: async () => [describe(traffic, clock.now())],
  };
}

function describe(traffic: Traffic, now: number): Finding {
  const { until, host, silences, answers, left } = traffic;
  if (until > now) {
    const seconds = Math.ceil((until - now) / 1000);
    return {
      level: 'failure',
      saw: `${host} throttles this application now, until ${new Date(until).toISOString()} (${seconds} s)`,
      means:
        "this application, or this machine's address, sent too many requests; the server answers 503 meanwhile, and further requests prolong it",
      cure: 'wait until then. If it comes back: lower graph.maxConcurrentRequests, raise cache.ttlSeconds, and see which client lists everything again and again',
      link: LIMITS,
    };
  }
  if (silences > 0) {
    return {
      level: 'warning',
      saw: `${host} asked for silence ${silences} ${silences === 1 ? 'time' : 'times'} during this run; it is over`,
      means: 'this application is at the limit of what it may ask',
      cure: 'if it comes back: lower graph.maxConcurrentRequests or raise cache.ttlSeconds',
      link: LIMITS,
    };
  }
  const share = left === undefined ? '' : `; ${left.remaining} of ${left.limit} units of this minute are left`;
  return answers === 0
    ? { level: 'skipped', saw: 'Microsoft was not asked anything' }
    : { level: 'ok', saw: `none of ${answers} answers asked for silence${share}` };
}
