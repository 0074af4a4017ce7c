import type { CallOptions, Expectation } from './call-options.ts';
import type { Entry } from './entry.ts';
import { DriveError } from './errors.ts';
import type { DrivePath } from './path.ts';

/** An upload whose bytes go from a client straight to the cloud. Nothing of it is visible until it is committed. */
export interface OpenedUpload {
  /** Random, of 128 bits; only the owner can use it. */
  readonly id: string;
  /** Takes the bytes (Graph docs, "Upload large files with an upload session"). A secret; it must be used verbatim. */
  readonly url: string;
  /** The bytes of each request but the last are a multiple of this. */
  readonly multiple: number;
  /** The most bytes of one request. */
  readonly max: number;
  /** When the cloud drops what it has, unless more bytes come. */
  readonly expires: Date;
}

export interface OpenUploadOptions extends CallOptions {
  /** The one who may commit it: an opaque name. */
  readonly owner: string;
  /** Bytes; more than 0. */
  readonly size: number;
  /** Absent: create or replace unconditionally. It must also hold at the commit. */
  readonly expect?: Expectation | undefined;
  /** As in `WriteOptions`. */
  readonly modified?: Date | undefined;
  readonly created?: Date | undefined;
}

/** Names an upload that was opened for the same path. */
export interface UploadOptions extends CallOptions {
  readonly id: string;
  readonly owner: string;
}

export interface CommitUploadOptions extends UploadOptions {
  /** The hash of the bytes that the client has sent, in Base64. */
  readonly quickXorHash?: string | undefined;
  /** As in `WriteOptions`. `size` is what the upload was opened with. */
  readonly beforeCommit?: (size: number) => Promise<void>;
}

export interface UploadProgress extends Pick<OpenedUpload, 'url' | 'multiple' | 'max'> {
  /** What is still missing, as Graph writes it: `"26-"`, `"26-99"`. Empty when all bytes are there. */
  readonly nextExpectedRanges: readonly string[];
  readonly expires: Date;
}

/** The part of `Drive` for bytes that do not pass through this server. */
export interface DirectUploads {
  /**
   * Opens an upload for the file at `path`; undefined where bytes must be written by `write`. The checks are those of
   * `write`, and so are the errors.
   */
  openUpload(path: DrivePath, options: OpenUploadOptions): Promise<OpenedUpload | undefined>;

  /**
   * Makes the bytes the file's content, after the checks of `write`. Resolves when the cloud has committed, and shows
   * the size that the upload was opened with and the hash. After a refusal before the commit the upload stays open.
   * When other bytes were committed, they are taken back. Throws as `write` · `not-found` (404), for an upload that is
   * over, of another path or of another owner.
   */
  commitUpload(path: DrivePath, options: CommitUploadOptions): Promise<{ entry: Entry; created: boolean }>;

  /** Asks which bytes are missing. Throws `not-found` as `commitUpload`. */
  uploadStatus(path: DrivePath, options: UploadOptions): Promise<UploadProgress>;

  /** Drops the upload and its bytes; needs no right to write. Throws `not-found` as `commitUpload`. */
  cancelUpload(path: DrivePath, options: UploadOptions): Promise<void>;
}

export function noSuchUpload(): DriveError {
  return new DriveError('not-found', 'there is no such upload: it is over, or it was opened for another file or user');
}

/** For drives without direct uploads. */
export const NO_DIRECT_UPLOADS: DirectUploads = {
  openUpload: async () => undefined,
  commitUpload: async () => Promise.reject(noSuchUpload()),
  uploadStatus: async () => Promise.reject(noSuchUpload()),
  cancelUpload: async () => Promise.reject(noSuchUpload()),
};
