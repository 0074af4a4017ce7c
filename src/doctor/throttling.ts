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

/** Checks whether Microsoft throttles. Runs last, on the headers of all answers in this run. */
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
        "this application, or this machine's address, sent too many requests; the server answers 503 meanwhile, and more requests extend the time",
      cure: 'wait until then. If it recurs: lower graph.maxConcurrentRequests, raise cache.ttlSeconds, and find out which client lists everything repeatedly',
      link: LIMITS,
    };
  }
  if (silences > 0) {
    return {
      level: 'warning',
      saw: `${host} throttled this application ${silences} ${silences === 1 ? 'time' : 'times'} during this run; it is over`,
      means: 'this application is at its request limit',
      cure: 'if it recurs: lower graph.maxConcurrentRequests or raise cache.ttlSeconds',
      link: LIMITS,
    };
  }
  const share = left === undefined ? '' : `; ${left.remaining} of ${left.limit} units of this minute are left`;
  return answers === 0
    ? { level: 'skipped', saw: 'no request was sent to Microsoft' }
    : { level: 'ok', saw: `none of ${answers} answers was throttled${share}` };
}
