import { Counter, Gauge, type Registry } from 'prom-client';
import { type CountCell, type HistogramCell, once, TalliedCounter, TalliedHistogram } from './tally.ts';

/** What one tenant's connection reports; `graph/observer.ts` says what it means. */
export interface MicrosoftCounts {
  tried(one: {
    operation: string;
    status: number;
    seconds: number;
    headers: Readonly<Record<string, string>> | undefined;
  }): void;
  retried(cause: string): void;
  silenced(seconds: number, status: number): void;
  askedForToken(outcome: string, expires?: number): void;
}

/** Graph answers in a tenth of a second, and can take a minute. */
const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90];

/** Counts the requests to Microsoft. The returned function creates the counts of one tenant. */
export function createMicrosoftMetrics(registers: Registry[], now: () => number): (tenant: string) => MicrosoftCounts {
  const count = createTryCounts(registers);
  const limits = createLimitMetrics(registers);
  const tokens = createTokenMetrics(registers, now);
  const retries = new Counter({
    name: 'onedrive_webdav_graph_retries_total',
    help: 'Requests to Microsoft that were sent again, by cause',
    labelNames: ['tenant', 'cause'],
    registers,
  });
  const create = (tenant: string): MicrosoftCounts => ({
    tried: one => {
      count(tenant, one);
      limits.answered(tenant, one.headers);
    },
    retried: cause => retries.inc({ tenant, cause }),
    silenced: (seconds, status) => limits.silenced(tenant, seconds, status),
    askedForToken: (outcome, expires) => tokens.count(tenant, outcome, expires),
  });
  return tenant => {
    tokens.begin(tenant);
    return create(tenant);
  };
}

function createTryCounts(registers: Registry[]) {
  const requests = new TalliedCounter({
    name: 'onedrive_webdav_graph_requests_total',
    help: 'Requests to Microsoft by operation and status (none: no answer came); a retry counts again',
    labelNames: ['tenant', 'operation', 'status'],
    registers,
  });
  const seconds = new TalliedHistogram({
    name: 'onedrive_webdav_graph_request_seconds',
    help: 'Time until the head of the answer from Microsoft, by operation',
    labelNames: ['operation'],
    buckets: SECONDS,
    registers,
  });
  const requestCells = new Map<string, CountCell>();
  const secondCells = new Map<string, HistogramCell>();
  return (tenant: string, one: { operation: string; status: number; seconds: number }) => {
    const { operation } = one;
    const status = one.status === 0 ? 'none' : String(one.status);
    const key = `${tenant} ${status} ${operation}`;
    once(requestCells, key, () => requests.cell({ tenant, operation, status })).count += 1;
    once(secondCells, operation, () => seconds.cell({ operation })).observe(one.seconds);
  };
}

/**
 * What Microsoft says of its limits: `x-ms-resource-unit` with the price of a call, and `RateLimit-*` when most of the
 * minute's units are used (SharePoint docs, "Avoid getting throttled"; Graph docs, "Throttling limits").
 */
function createLimitMetrics(registers: Registry[]) {
  const labelNames: 'tenant'[] = ['tenant'];
  const throttles = new Counter({
    name: 'onedrive_webdav_graph_throttles_total',
    help: 'Answers with which Microsoft asked for silence, by status',
    labelNames: ['tenant', 'status'],
    registers,
  });
  const silence = new Counter({
    name: 'onedrive_webdav_graph_silence_asked_seconds_total',
    help: 'Seconds of silence that Microsoft has asked for; those of several answers may overlap',
    labelNames,
    registers,
  });
  const units = new Counter({
    name: 'onedrive_webdav_graph_resource_units_total',
    help: 'Resource units of those answers that state them',
    labelNames,
    registers,
  });
  const limit = new Gauge({
    name: 'onedrive_webdav_graph_rate_limit',
    help: 'The last RateLimit-Limit; Microsoft states it only when most of it is used',
    labelNames,
    registers,
  });
  const remaining = new Gauge({
    name: 'onedrive_webdav_graph_rate_limit_remaining',
    help: 'The last RateLimit-Remaining',
    labelNames,
    registers,
  });
  const put = (gauge: Gauge<'tenant'>, tenant: string, text: string | undefined) => {
    const value = Number(text);
    if (text !== undefined && Number.isFinite(value)) {
      gauge.set({ tenant }, value);
    }
  };
  return {
    silenced: (tenant: string, seconds: number, status: number) => {
      throttles.inc({ tenant, status: String(status) });
      silence.inc({ tenant }, Math.max(0, seconds));
    },
    answered: (tenant: string, headers: Readonly<Record<string, string>> | undefined) => {
      const price = Number(headers?.['x-ms-resource-unit'] ?? 0);
      if (price > 0 && Number.isFinite(price)) {
        units.inc({ tenant }, price);
      }
      put(limit, tenant, headers?.['ratelimit-limit']);
      put(remaining, tenant, headers?.['ratelimit-remaining']);
    },
  };
}

function createTokenMetrics(registers: Registry[], now: () => number) {
  const requests = new Counter({
    name: 'onedrive_webdav_token_requests_total',
    help: 'Access tokens that were asked for: issued, or the kind of the failure',
    labelNames: ['tenant', 'outcome'],
    registers,
  });
  const issued = new Map<string, { readonly at: number; readonly expires: number }>();
  new Gauge({
    name: 'onedrive_webdav_token_age_seconds',
    help: 'Time since Microsoft issued the newest access token',
    labelNames: ['tenant'],
    registers,
    collect() {
      for (const [tenant, { at }] of issued) {
        this.set({ tenant }, (now() - at) / 1000);
      }
    },
  });
  new Gauge({
    name: 'onedrive_webdav_token_expiry_timestamp_seconds',
    help: 'When the newest access token expires; seconds since 1970',
    labelNames: ['tenant'],
    registers,
    collect() {
      for (const [tenant, { expires }] of issued) {
        this.set({ tenant }, Math.floor(expires / 1000));
      }
    },
  });
  return {
    /** Prometheus sees no increase in a counter that appears with its first failure. */
    begin: (tenant: string) => {
      requests.inc({ tenant, outcome: 'issued' }, 0);
      requests.inc({ tenant, outcome: 'credential' }, 0);
    },
    count: (tenant: string, outcome: string, expires?: number) => {
      requests.inc({ tenant, outcome });
      if (expires !== undefined) {
        issued.set(tenant, { at: now(), expires });
      }
    },
  };
}
