/** The reason why a sign-in does not go on, in words for the person and for the administrator. */
export interface Refusal {
  readonly status: 400 | 403 | 409 | 429 | 503;
  readonly title: string;
  /** One or two sentences for the person. */
  readonly message: string;
  /** The cure, for an administrator, or the person who runs this server. */
  readonly cure?: string | undefined;
  /** The provider's own words, such as `AADSTS50105: …`. */
  readonly detail?: string | undefined;
  /** Whether another attempt makes sense. */
  readonly canRetry?: boolean;
  readonly retryAfterSeconds?: number | undefined;
  /** For the audit: one word or two. */
  readonly reason: string;
  /** The name with which the person tried, as far as it is known. */
  readonly attempted?: string | undefined;
}

/** A sign-in that does not go on. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.title, options);
    this.refusal = refusal;
  }
}

/** The seconds until a browser asks again, when nothing else is known. */
const RETRY_AFTER_SECONDS = 30;

/** The provider cannot be asked now: it does not answer, or not as it should. */
export function unavailable(
  label: string,
  { cause, retryAfterSeconds = RETRY_AFTER_SECONDS }: { cause?: unknown; retryAfterSeconds?: number | undefined },
): RefusedError {
  return new RefusedError(
    {
      status: 503,
      title: `${label} cannot be reached now`,
      message: `Signing in needs ${label}, and it does not answer as it should. Please try again in a moment. Devices that are connected already go on working.`,
      cure: 'Check the line of this server to the sign-in service: the doctor command names what is missing; the log has the error.',
      detail: cause instanceof Error ? messageOf(cause) : undefined,
      canRetry: true,
      retryAfterSeconds,
      reason: 'provider-unavailable',
    },
    { cause },
  );
}

function messageOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && cause.message !== error.message
    ? `${error.message}: ${cause.message}`
    : error.message;
}
