import type { SpanContext } from '@opentelemetry/api';

/** Version, trace id, id of the parent, flags (W3C Trace Context §3.2). Later versions may append fields. */
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** Reads the header; returns undefined when it is absent or invalid, and a trace begins here. */
export function parseTraceparent(header: string | readonly string[] | undefined): SpanContext | undefined {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header.trim()) : null;
  if (match === null) {
    return undefined;
  }
  const [, version, traceId = '', spanId = '', flags = '', more] = match;
  const isInvalid = version === 'ff' || (version === '00' && more !== undefined);
  if (isInvalid || /^0+$/.test(traceId) || /^0+$/.test(spanId)) {
    return undefined;
  }
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & SAMPLED, isRemote: true };
}

export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & SAMPLED).toString(16).padStart(2, '0')}`;
}
