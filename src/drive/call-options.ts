/** The options of every operation. */
export interface CallOptions {
  /** Aborted when the caller has gone; the operation then throws `aborted` and cleans up. */
  readonly signal: AbortSignal;
}

/** A condition on the target at the moment of the commit. */
export type Expectation = { readonly kind: 'absent' } | { readonly kind: 'etag'; readonly etags: readonly string[] };
