import type { IncomingMessage } from 'node:http';
import {
  type Context,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { BeginTrace, RequestTrace } from '../http/request-trace.ts';
import { redact } from '../lib/redact.ts';
import type { Span, SpanAttributes, Trace } from '../lib/trace.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

export interface TracingOptions {
  readonly tracer: Tracer;
  /** Whether an address belongs to a trusted proxy, whose `traceparent` counts. */
  readonly isProxy: (address: string) => boolean;
  /** Whether spans contain paths, and so the names of files. */
  readonly paths: boolean;
}

export interface Tracing {
  readonly beginRequest: BeginTrace;
  /** Begins a part of `trace`, or one of its own for the server's own work. */
  begin(name: string, attributes: SpanAttributes, trace: Trace | undefined): Span;
}

/** The methods that the conventions know, and those of WebDAV that clients send; a client can invent others. */
const METHODS = new Set(
  'OPTIONS GET HEAD PUT DELETE MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK REPORT POST PATCH'.split(' '),
);

/** Makes spans in the words of OpenTelemetry's semantic conventions for HTTP. */
export function createTracing({ tracer, isProxy, paths }: TracingOptions): Tracing {
  const call = (name: string, attributes: SpanAttributes, context: Context): Span =>
    toSpan(tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context));
  return {
    beginRequest: request => {
      // A stranger could make us trace everything, and mix up the traces of others.
      const isTrusted = isProxy(request.socket.remoteAddress ?? '');
      const parent = isTrusted ? parseTraceparent(request.headers.traceparent) : undefined;
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      const attributes = describe(request, { paths });
      const name = attributes['http.request.method'] === '_OTHER' ? 'HTTP' : String(attributes['http.request.method']);
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, context);
      return toRequestTrace(span, (...begun) => call(...begun, trace.setSpan(ROOT_CONTEXT, span)));
    },
    begin: (name, attributes, of) => of?.begin(name, attributes) ?? call(name, attributes, ROOT_CONTEXT),
  };
}

function describe(request: IncomingMessage, { paths }: { paths: boolean }): SpanAttributes {
  const { method = '', socket, httpVersion, headers, url = '' } = request;
  const userAgent = headers['user-agent'];
  return {
    'http.request.method': METHODS.has(method) ? method : '_OTHER',
    'url.scheme': 'encrypted' in socket ? 'https' : 'http',
    'network.protocol.version': httpVersion,
    ...(userAgent === undefined ? {} : { 'user_agent.original': userAgent }),
    ...(paths ? { 'url.path': redact(url.split('?', 1)[0]!) } : {}),
  };
}

function toRequestTrace(span: OtelSpan, begin: Trace['begin']): RequestTrace {
  return {
    id: span.spanContext().traceId,
    begin,
    end: ({ status, isAborted }) => {
      if (status !== 0) {
        span.setAttribute('http.response.status_code', status);
      }
      if (isAborted) {
        span.setAttribute('error.type', 'aborted');
      }
      if (status >= 500) {
        span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status));
      }
      span.end();
    },
  };
}

function toSpan(span: OtelSpan): Span {
  return {
    traceparent: formatTraceparent(span.spanContext()),
    end: (attributes, isFailed) => {
      span.setAttributes(attributes);
      if (isFailed) {
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}
