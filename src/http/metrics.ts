import type { ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a cached listing to a transfer of hours. */
const DURATION_BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600];

/**
 * The server's metrics for Prometheus. No label contains the name of a user, a mount or a file; `tenant` is the
 * operator's name for one.
 */
export interface Metrics {
  requestBegan(): void;
  requestEnded(request: { method: string; status: number; seconds: number }): void;
  /** Counts a download, its bytes and its way to the client. */
  download(choice: { way: string; reason: string }, bytes: number): void;
  /** Sets the number of mounts, and of those found by rules. */
  mounts(count: { all: number; discovered: number }): void;
  discoveryFailed(tenant: string): void;
  /** Sets the expiry of a tenant's secret or certificate. */
  credentialEnds(tenant: string, ends: Date): void;
  /** The end of the listener's certificate. */
  tlsEnds(ends: Date): void;
  /** Notes whether the configuration that was read last could be used; begins with the one of the start. */
  configReloaded(isUsed: boolean): void;
  answer(response: ServerResponse): Promise<void>;
}

/** Methods allowed in a label; a client can invent others. */
const METHODS = new Set(
  'OPTIONS GET HEAD PUT DELETE MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK REPORT POST PATCH'.split(' '),
);

/** `watchesEventLoop`: measures its delay, which costs a timer every 10 ms. */
export function createMetrics({ watchesEventLoop }: { watchesEventLoop: boolean }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (watchesEventLoop) {
    createEventLoopMetrics(registers);
  }
  const active = new Gauge({
    name: 'onedrive_webdav_requests_active',
    help: 'Requests that are being served now',
    registers,
  });
  const seconds = new Histogram({
    name: 'onedrive_webdav_request_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['method', 'status'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const downloads = new Counter({
    name: 'onedrive_webdav_downloads_total',
    help: 'Requested files, by the way their bytes take and the reason',
    labelNames: ['way', 'reason'],
    registers,
  });
  const bytes = new Counter({
    name: 'onedrive_webdav_download_bytes_total',
    help: 'Requested bytes, by the way they take; redirected bytes do not pass through this server',
    labelNames: ['way'],
    registers,
  });
  const { all, discovered, failures, ends } = createMountMetrics(registers);
  const configReloaded = createConfigMetrics(registers);
  // Without TLS there is none: a gauge without labels would say 0.
  let tlsEnds: Gauge | undefined;
  return {
    configReloaded,
    mounts: count => {
      all.set(count.all);
      discovered.set(count.discovered);
    },
    discoveryFailed: tenant => failures.inc({ tenant }),
    tlsEnds: date => {
      tlsEnds ??= new Gauge({
        name: 'onedrive_webdav_tls_certificate_expiry_timestamp_seconds',
        help: 'When the certificate of listen.tls expires; seconds since 1970',
        registers,
      });
      tlsEnds.set(Math.floor(date.getTime() / 1000));
    },
    credentialEnds: (tenant, date) => ends.set({ tenant }, Math.floor(date.getTime() / 1000)),
    requestBegan: () => active.inc(),
    requestEnded: ({ method, status, seconds: took }) => {
      active.dec();
      seconds.observe({ method: METHODS.has(method) ? method : 'other', status: String(status) }, took);
    },
    download: ({ way, reason }, size) => {
      downloads.inc({ way, reason });
      bytes.inc({ way }, size);
    },
    answer: async response => {
      const body = await registry.metrics();
      response.writeHead(200, {
        'Content-Type': registry.contentType,
        'Content-Length': Buffer.byteLength(body),
        'Cache-Control': 'no-store',
      });
      response.end(body);
    },
  };
}

/** Under the names of prom-client's own metrics, which dashboards know. Each scrape begins a new period. */
function createEventLoopMetrics(registers: Registry[]): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const inSeconds = (nanoseconds: number) => (Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : 0);
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(inSeconds(read()));
      },
    });
  gauge('nodejs_eventloop_lag_p50_seconds', 'Median delay of the event loop since the last scrape', () =>
    delay.percentile(50),
  );
  gauge(
    'nodejs_eventloop_lag_p99_seconds',
    '99th percentile of the delay of the event loop since the last scrape',
    () => delay.percentile(99),
  );
  gauge('nodejs_eventloop_lag_max_seconds', 'Longest delay of the event loop since the last scrape', () => {
    const { max } = delay;
    delay.reset();
    return max;
  });
}

/** Under the names that Prometheus uses for its own configuration. */
function createConfigMetrics(registers: Registry[]): Metrics['configReloaded'] {
  const isUsed = new Gauge({
    name: 'onedrive_webdav_config_last_reload_successful',
    help: 'Whether the configuration that was read last is in use; 0: it could not be used, and the one before is',
    registers,
  });
  const at = new Gauge({
    name: 'onedrive_webdav_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration in use was read; seconds since 1970',
    registers,
  });
  const note = (isSuccess: boolean) => {
    isUsed.set(isSuccess ? 1 : 0);
    if (isSuccess) {
      at.setToCurrentTime();
    }
  };
  note(true);
  return note;
}

function createMountMetrics(registers: Registry[]) {
  const all = new Gauge({ name: 'onedrive_webdav_mounts', help: 'Mounts that are served now', registers });
  const discovered = new Gauge({
    name: 'onedrive_webdav_discovered_mailboxes',
    help: 'Mounts that a rule has found in the directory',
    registers,
  });
  const failures = new Counter({
    name: 'onedrive_webdav_discovery_failures_total',
    help: 'Looks into the directory that failed and changed nothing',
    labelNames: ['tenant'],
    registers,
  });
  const ends = new Gauge({
    name: 'onedrive_webdav_credential_expiry_timestamp_seconds',
    help: 'When the certificate or secret of a tenant expires, if known; seconds since 1970',
    labelNames: ['tenant'],
    registers,
  });
  return { all, discovered, failures, ends };
}
