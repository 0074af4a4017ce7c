import type { CommitUploadOptions, OpenedUpload, OpenUploadOptions, UploadOptions } from '../drive/direct-upload.ts';
import type {
  CallOptions,
  ChangesOptions,
  CopyOptions,
  DownloadUrlOptions,
  Drive,
  EntryTimes,
  LookOptions,
  MoveOptions,
  ReadOptions,
  ReadResult,
  RestoreOptions,
  SearchOptions,
  SyncTokenOptions,
  ThumbnailOptions,
  TransferResult,
  WriteOptions,
} from '../drive/drive.ts';
import type { Entry, Quota } from '../drive/entry.ts';
import { type DrivePath, pathKey } from '../drive/path.ts';
import type { Thumbnail, VersionRead } from '../drive/views.ts';
import type { Limiter } from './limiter.ts';
import type { Claim, MountQuota } from './mount-quota.ts';
import { watchBody } from './watched-body.ts';

export interface LimitedDriveOptions {
  readonly inner: Drive;
  readonly limiter: Limiter;
  /** Only for the drive of a mount. */
  readonly quota?: MountQuota | undefined;
}

/** A drive whose bodies, and the space that it may fill, are limited. */
export class LimitedDrive implements Drive {
  readonly #inner: Drive;
  readonly #limiter: Limiter;
  readonly #quota: MountQuota | undefined;

  constructor({ inner, limiter, quota }: LimitedDriveOptions) {
    this.#inner = inner;
    this.#limiter = limiter;
    this.#quota = quota;
  }

  async read(path: DrivePath, options: ReadOptions): Promise<ReadResult> {
    return this.#downloading(options, () => this.#inner.read(path, options));
  }

  async thumbnail(path: DrivePath, options: ThumbnailOptions): Promise<Thumbnail | undefined> {
    return this.#downloading(options, () => this.#inner.thumbnail(path, options));
  }

  async readVersion(path: DrivePath, id: string, options: CallOptions): Promise<VersionRead | undefined> {
    return this.#downloading(options, () => this.#inner.readVersion(path, id, options));
  }

  /** The old version takes room as a write of its bytes does. */
  async restoreVersion(path: DrivePath, id: string, options: RestoreOptions): Promise<Entry | undefined> {
    return this.#claiming(path, options, async claim => {
      const versions = claim === undefined ? undefined : await this.#inner.versions(path, options);
      claim?.take(versions?.find(version => version.id === id)?.size ?? 0);
      return this.#inner.restoreVersion(path, id, options);
    });
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    const { signal, length = 0 } = options;
    return this.#claiming(path, options, async claim => {
      // What the client has announced is refused before it is sent.
      claim?.take(length);
      let rest = length;
      const pass = (bytes: number) => {
        claim?.take(Math.max(0, bytes - rest));
        rest = Math.max(0, rest - bytes);
        return this.#limiter.pass('upload', bytes, signal);
      };
      const end = await this.#limiter.begin(signal);
      try {
        return await this.#inner.write(path, watchBody(body, { pass, end: () => {} }), options);
      } finally {
        end();
      }
    });
  }

  /** Bytes that do not pass through this server cannot be counted: where uploads are limited, they must. */
  async openUpload(path: DrivePath, options: OpenUploadOptions): Promise<OpenedUpload | undefined> {
    if (this.#limiter.limitsUploads) {
      return undefined;
    }
    const claim = await this.#quota?.claim(this.#inner, path, options);
    try {
      claim?.take(options.size);
      return await this.#inner.openUpload(path, options);
    } finally {
      claim?.end(false);
    }
  }

  async commitUpload(path: DrivePath, options: CommitUploadOptions): Promise<{ entry: Entry; created: boolean }> {
    return this.#claiming(path, options, claim => {
      const beforeCommit = async (size: number) => {
        claim?.take(size);
        await options.beforeCommit?.(size);
      };
      return this.#inner.commitUpload(path, { ...options, beforeCommit });
    });
  }

  uploadStatus(path: DrivePath, options: UploadOptions) {
    return this.#inner.uploadStatus(path, options);
  }

  cancelUpload(path: DrivePath, options: UploadOptions) {
    return this.#inner.cancelUpload(path, options);
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    return this.#claiming(to, options, async claim => {
      if (claim !== undefined) {
        const { size = 0, treeSize } = await this.#inner.stat(from, options);
        claim.take(options.depth === 0 ? size : (treeSize ?? size));
      }
      return this.#inner.copy(from, to, options);
    });
  }

  async quota(path: DrivePath, options: CallOptions): Promise<Quota | undefined> {
    return this.#quota === undefined ? this.#inner.quota(path, options) : this.#quota.quota(this.#inner, options);
  }

  stat(path: DrivePath, options: LookOptions) {
    return this.#inner.stat(path, options);
  }

  list(path: DrivePath, options: LookOptions) {
    return this.#inner.list(path, options);
  }

  makeFolder(path: DrivePath, options: CallOptions) {
    return this.#inner.makeFolder(path, options);
  }

  remove(path: DrivePath, options: CallOptions) {
    return this.#freeing(path, options, () => this.#inner.remove(path, options));
  }

  move(from: DrivePath, to: DrivePath, options: MoveOptions) {
    const change = () => this.#inner.move(from, to, options);
    // To another spelling of its own name, it replaces nothing.
    return options.overwrite && pathKey(from) !== pathKey(to) ? this.#freeing(to, options, change) : change();
  }

  setTimes(path: DrivePath, times: EntryTimes, options: CallOptions) {
    return this.#inner.setTimes(path, times, options);
  }

  downloadUrl(path: DrivePath, options: DownloadUrlOptions) {
    return this.#inner.downloadUrl(path, options);
  }

  changes(path: DrivePath, options: ChangesOptions) {
    return this.#inner.changes(path, options);
  }

  syncToken(path: DrivePath, options: SyncTokenOptions) {
    return this.#inner.syncToken(path, options);
  }

  tellsChanges(path: DrivePath) {
    return this.#inner.tellsChanges(path);
  }

  search(path: DrivePath, text: string, options: SearchOptions) {
    return this.#inner.search(path, text, options);
  }

  details(path: DrivePath, options: CallOptions) {
    return this.#inner.details(path, options);
  }

  versions(path: DrivePath, options: CallOptions) {
    return this.#inner.versions(path, options);
  }

  scratch(path: DrivePath, options: CallOptions) {
    return this.#inner.scratch(path, options);
  }

  prepare(path: DrivePath, options: CallOptions) {
    return this.#inner.prepare(path, options);
  }

  canonicalPath(path: DrivePath) {
    return this.#inner.canonicalPath(path);
  }

  companions(path: DrivePath) {
    return this.#inner.companions(path);
  }

  access(path: DrivePath) {
    return this.#inner.access(path);
  }

  /** Opens a body that counts as a download until it ends. */
  async #downloading<T extends { readonly body: AsyncIterable<Uint8Array> } | undefined>(
    { signal }: CallOptions,
    open: () => Promise<T>,
  ): Promise<T> {
    const end = await this.#limiter.begin(signal);
    try {
      const result = await open();
      if (result === undefined) {
        end();
        return result;
      }
      signal.addEventListener('abort', end, { once: true });
      const pass = (bytes: number) => this.#limiter.pass('download', bytes, signal);
      return { ...result, body: watchBody(result.body, { pass, end }) };
    } catch (error) {
      end();
      throw error;
    }
  }

  #freeing<T>(path: DrivePath, { signal }: CallOptions, change: () => Promise<T>): Promise<T> {
    return this.#quota?.freeing(this.#inner, path, { options: { signal }, change }) ?? change();
  }

  async #claiming<T>(
    path: DrivePath,
    { signal }: CallOptions,
    write: (claim: Claim | undefined) => Promise<T>,
  ): Promise<T> {
    const claim = await this.#quota?.claim(this.#inner, path, { signal });
    let isWritten = false;
    try {
      const result = await write(claim);
      isWritten = true;
      return result;
    } finally {
      claim?.end(isWritten);
    }
  }
}
