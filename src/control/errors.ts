/** No server runs with this configuration, or it has no control socket. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError';
}

/** The server has refused, or could not do it. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  /** `bad-config`, `bad-request`, `unsupported`, `not-found` or `failed`. */
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}
