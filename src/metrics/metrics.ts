import { collectDefaultMetrics, Gauge, Registry, type RegistryContentType } from 'prom-client';
import type { Exposition, RequestMetrics } from '../http/metrics.ts';
import { VERSION } from '../lib/version.ts';
import { createAuditMetrics } from './audit.ts';
import { createConfigMetrics } from './config.ts';
import { createDownloadMetrics } from './downloads.ts';
import { createMicrosoftMetrics, type MicrosoftCounts } from './microsoft.ts';
import { createMountMetrics, type MountMetrics } from './mounts.ts';
import { createReadings, type Sources } from './readings.ts';
import { createRequestMetrics } from './requests.ts';
import { createSignInMetrics } from './sign-ins.ts';
import { createTlsMetrics } from './tls.ts';

/**
 * The server's metrics for Prometheus. No label contains the name of a user, a mount or a file; `tenant` is the
 * operator's name for one.
 */
export interface Metrics extends RequestMetrics, MountMetrics, Exposition {
  /** Counts a download, its bytes and its way to the client. */
  download(choice: { way: string; reason: string }, bytes: number): void;
  /** Notes whether the configuration that was read last could be used; begins with the one of the start. */
  configReloaded(isUsed: boolean): void;
  /** Counts a failure to write the audit trail. */
  auditFailed(): void;
  /** Sets when the listener's certificate expires. */
  tlsEnds(ends: Date): void;
  /** Counts the verdict of a door. */
  signIn(door: string, outcome: string): void;
  /** Returns the counts of one tenant's requests to Microsoft. */
  microsoft(tenant: string): MicrosoftCounts;
  /** Returns all metrics, whether they have a value yet or not. */
  describe(): Promise<MetricDescription[]>;
  /** Sets where to read, at each scrape, what other parts know of themselves. */
  readFrom(sources: Sources): void;
}

export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** More often would cost more than it tells. */
const EVENT_LOOP_MS = 10;

/**
 * The first are absurd, or no number at all, when nothing was measured between two scrapes; the others are gauges with
 * the ending of a counter, and sums of gauges that stay.
 */
const UNWANTED = [
  ...['min', 'mean', 'stddev'].map(word => `nodejs_eventloop_lag_${word}_seconds`),
  ...['handles', 'requests', 'resources'].map(word => `nodejs_active_${word}_total`),
];

/**
 * `watchesProcess`: measures the process and the event loop under the usual names of prom-client, which costs a timer
 * every 10 ms.
 */
export function createMetrics({
  watchesProcess,
  now = Date.now,
}: {
  watchesProcess: boolean;
  now?: () => number;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (watchesProcess) {
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_MS });
    for (const name of UNWANTED) {
      registry.removeSingleMetric(name);
    }
  }
  createBuildInfo(registers);
  const requests = createRequestMetrics(registers);
  const readings = createReadings(registers);
  return {
    ...requests,
    ...createMountMetrics(registers),
    download: createDownloadMetrics(registers),
    configReloaded: createConfigMetrics(registers),
    auditFailed: createAuditMetrics(registers),
    tlsEnds: createTlsMetrics(registers),
    signIn: createSignInMetrics(registers),
    microsoft: createMicrosoftMetrics(registers, now),
    describe: () => describeAll(registry),
    readFrom: readings.from,
    expose: inTurn(async (accept: string | undefined) => {
      await readings.refresh();
      return write(registry, accept);
    }),
  };
}

function createBuildInfo(registers: Registry[]): void {
  const build = new Gauge({
    name: 'onedrive_webdav_build_info',
    help: 'Always 1; its labels are the versions of this program and of Node',
    labelNames: ['version', 'node'],
    registers,
  });
  build.set({ version: VERSION, node: process.version }, 1);
}

async function describeAll(registry: Registry): Promise<MetricDescription[]> {
  const all = await registry.getMetricsAsJSON();
  return all.map(({ name, type, help }) => ({ name, type: String(type), help, labels: labelsOf(registry, name) }));
}

function labelsOf(registry: Registry, name: string): readonly string[] {
  const metric = registry.getSingleMetric(name);
  return metric !== undefined && 'labelNames' in metric ? (metric.labelNames as string[]) : [];
}

/** The format is a property of the registry: two scrapes at once would get in each other's way. */
function inTurn<A, T>(work: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return argument => {
    const result = last.then(() => work(argument));
    last = result.catch(() => {});
    return result;
  };
}

/**
 * Writes OpenMetrics 1.0 if the scraper prefers it, as Prometheus does, and its classic text format otherwise. In
 * OpenMetrics a counter's family has no `_total`; the registry changes the name of a metric for good, which its samples
 * in the other format need again.
 */
async function write(
  registry: Registry<RegistryContentType>,
  accept = '',
): Promise<{ contentType: string; body: string }> {
  const isOpen = /application\/openmetrics-text/i.test(accept);
  const names = registry.getMetricsAsArray().map(metric => [metric, metric.name] as const);
  registry.setContentType(isOpen ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE);
  try {
    return { contentType: registry.contentType, body: await registry.metrics() };
  } finally {
    for (const [metric, name] of names) {
      metric.name = name;
    }
  }
}
