import type { Config } from '../config/load.ts';
import type { CallSpan } from '../graph/observer.ts';
import { bareAddress } from '../http/forwarded.ts';
import { trustOf } from '../http/origin.ts';
import type { BeginTrace } from '../http/request-trace.ts';
import { currentCaller } from '../lib/caller.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { SpanAttributes } from '../lib/trace.ts';

const NO_HEADERS: Readonly<Record<string, string>> = {};

/** The traces of the server, as the parts of it use them. */
export interface Traces {
  readonly beginRequest: BeginTrace;
  /** From now on the `traceparent` of these proxies counts, and of no others. */
  trust(proxies: readonly string[]): void;
  /** Begins a call to Microsoft for the request that is served now. */
  beginCall(tenant: string, operation: string): CallSpan;
  stop(): Promise<void>;
}

/** Opens the traces, and loads what is for them, only where the configuration wants them. */
export async function openTraces(
  { tracing: given, listen }: Pick<Config, 'tracing' | 'listen'>,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Promise<Traces | undefined> {
  if (given === undefined) {
    return undefined;
  }
  const [{ openTracer }, { createTracing }] = await Promise.all([
    import('../tracing/exporter.ts'),
    import('../tracing/tracing.ts'),
  ]);
  const headers = Object.fromEntries(Object.entries(given.headers).map(([name, value]) => [name, value.reveal()]));
  const { tracer, stop } = openTracer({ ...given, headers, log, clock });
  let isTrusted = trustOf(listen.trustedProxies);
  const tracing = createTracing({ tracer, isProxy: peer => isTrusted(bareAddress(peer)), paths: given.paths });
  return {
    beginRequest: tracing.beginRequest,
    trust: proxies => {
      isTrusted = trustOf(proxies);
    },
    beginCall: (tenant, operation) => {
      const span = tracing.begin(operation, describe(tenant, operation), currentCaller()?.trace);
      const seen = { tries: 0, status: 0 };
      return {
        headers: given.propagateToMicrosoft ? { traceparent: span.traceparent } : NO_HEADERS,
        tried: status => {
          seen.tries += 1;
          seen.status = status;
        },
        end: error => span.end(outcomeOf(seen, error), error !== undefined),
      };
    },
    stop,
  };
}

/** In the words of OpenTelemetry's conventions for HTTP; without the URL, which has ids, names and secrets. */
function describe(tenant: string, operation: string): SpanAttributes {
  const [method = '', template] = operation.split(' /');
  return {
    'onedrive_webdav.tenant': tenant,
    ...(template === undefined ? {} : { 'http.request.method': method, 'url.template': `/${template}` }),
  };
}

function outcomeOf({ tries, status }: { tries: number; status: number }, error: unknown): SpanAttributes {
  const kind = error instanceof Error && 'kind' in error ? String(error.kind) : 'unknown';
  return {
    ...(status === 0 ? {} : { 'http.response.status_code': status }),
    ...(tries > 1 ? { 'http.request.resend_count': tries - 1 } : {}),
    ...(error === undefined ? {} : { 'error.type': status >= 400 ? String(status) : kind }),
  };
}
