import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { VERSION } from '../lib/version.ts';

export interface ExportOptions {
  /** The URL that takes OTLP in JSON. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The part of the traces that begin here, from 0 to 1. Those of trusted proxies are sampled as they say. */
  readonly sampleRatio: number;
  readonly serviceName: string;
  readonly log: Log;
  readonly clock: Clock;
}

export interface TracerHandle {
  readonly tracer: Tracer;
  /** Sends what is left, but not for long. */
  stop(): Promise<void>;
}

/** Spans beyond these are dropped while the collector is slow or away: about 4 MB. */
const MAX_QUEUED = 2_048;
const EXPORT_TIMEOUT_MS = 5_000;
const EVERY_MS = 2_000;
/** The end of a process does not wait longer for a collector. */
const STOP_MS = 1_000;
/** Bounds what a client writes into its User-Agent and its paths. */
const MAX_ATTRIBUTE_LENGTH = 1_024;

/** Creates a tracer whose spans go to a collector in batches, beside the requests. */
export function openTracer({ sampleRatio, serviceName, log, clock, ...to }: ExportOptions): TracerHandle {
  const exporter = telling(
    new OTLPTraceExporter({ url: to.endpoint, headers: { ...to.headers }, timeoutMillis: EXPORT_TIMEOUT_MS }),
    log,
  );
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': VERSION }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: MAX_QUEUED,
        scheduledDelayMillis: EVERY_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  return {
    tracer: provider.getTracer('onedrive-webdav', VERSION),
    stop: async () => {
      const enough = new AbortController();
      const shutdown = provider.shutdown().catch(() => {});
      await Promise.race([shutdown, clock.sleep(STOP_MS, enough.signal, { letsProcessEnd: true }).catch(() => {})]);
      enough.abort();
    },
  };
}

/** Logs once when the collector stops taking spans, and once when it takes them again. */
function telling(exporter: SpanExporter, log: Log): SpanExporter {
  let isFailing = false;
  return {
    export: (spans: ReadableSpan[], done) => {
      exporter.export(spans, result => {
        const failed = result.code !== 0;
        if (failed && !isFailing) {
          log.warn({ err: result.error }, 'the collector of tracing.endpoint takes no traces; they are dropped');
        } else if (!failed && isFailing) {
          log.info('the collector of tracing.endpoint takes traces again');
        }
        isFailing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
