/** What a span may say: bounded and harmless words and numbers. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** A part of a trace. */
export interface Span {
  /** The header that tells another server of it (W3C Trace Context). */
  readonly traceparent: string;
  /** Must be called once; `isFailed` marks it as an error. */
  end(attributes: SpanAttributes, isFailed: boolean): void;
}

/** What belongs to one request, across the parts of the program. */
export interface Trace {
  /** 32 hexadecimal digits (W3C Trace Context). */
  readonly id: string;
  /** Begins a part that calls another server. */
  begin(name: string, attributes: SpanAttributes): Span;
}
