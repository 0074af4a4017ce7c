/** The version of the target that an upload may replace; `absent`: none at all. */
export type Condition = { readonly kind: 'absent' } | { readonly kind: 'version'; readonly etag: string };

/** A file on its way to its place. */
export interface Job {
  readonly file: File;
  /** Where it will be. */
  readonly href: string;
  readonly condition: Condition;
  /** Whether the server may name another way than a PUT (`FolderHead.can.upload`). */
  readonly mayGoDirect: boolean;
}

export interface Sending {
  /** Aborted when the user pauses or cancels. */
  readonly signal: AbortSignal;
  /** Is told of the bytes that have left so far. */
  readonly onProgress: (bytes: number) => void;
  /** Is told when bytes are there that need not be sent again: a failure after it is another one. */
  readonly onKept: () => void;
}

/**
 * A way for bytes. `send` resolves when the file is stored; it throws RequestError (`precondition`: the target is not
 * as the condition says), or AbortError. It may be called again for the same file after a failure or a pause, and goes
 * on from where it was if the way can do that.
 */
export interface Transport {
  send(job: Job, sending: Sending): Promise<void>;
  /** Is told that the user has given a file up, which may have been sent in part. */
  abandon(file: File): void;
}
