import type {
  CallOptions,
  CopyOptions,
  DownloadUrl,
  DownloadUrlOptions,
  Drive,
  EntryTimes,
  LookOptions,
  MoveOptions,
  ReadOptions,
  WriteOptions,
} from '../drive/drive.ts';
import type { Quota } from '../drive/entry.ts';
import type { DrivePath } from '../drive/path.ts';
import { checkPolicy, type Grant, mayWrite } from './policy.ts';

/** A drive that asks the policy before each operation, at both ends of a copy or move. */
export class GuardedDrive implements Drive {
  readonly #inner: Drive;
  readonly #grant: Grant;
  /** There exactly when the inner drive has them. */
  readonly quota?: (path: DrivePath, options: CallOptions) => Promise<Quota | undefined>;
  readonly downloadUrl?: (path: DrivePath, options: DownloadUrlOptions) => Promise<DownloadUrl | undefined>;
  readonly canonicalPath?: (path: DrivePath) => DrivePath;

  constructor(inner: Drive, grant: Grant) {
    this.#inner = inner;
    this.#grant = grant;
    if (inner.quota !== undefined) {
      this.quota = async (path, options) => this.#asking('read', path).quota!(path, options);
    }
    if (inner.downloadUrl !== undefined) {
      this.downloadUrl = async (path, options) => this.#asking('read', path).downloadUrl!(path, options);
    }
    if (inner.canonicalPath !== undefined) {
      this.canonicalPath = path => inner.canonicalPath!(path);
    }
  }

  async stat(path: DrivePath, options: LookOptions) {
    return this.#asking('read', path).stat(path, options);
  }

  async list(path: DrivePath, options: LookOptions) {
    return this.#asking('read', path).list(path, options);
  }

  async read(path: DrivePath, options: ReadOptions) {
    return this.#asking('read', path).read(path, options);
  }

  async write(path: DrivePath, body: AsyncIterable<Uint8Array>, options: WriteOptions) {
    return this.#asking('write', path).write(path, body, options);
  }

  async makeFolder(path: DrivePath, options: CallOptions) {
    return this.#asking('write', path).makeFolder(path, options);
  }

  async remove(path: DrivePath, options: CallOptions) {
    return this.#asking('write', path).remove(path, options);
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions) {
    this.#asking('read', from);
    return this.#asking('write', to).copy(from, to, options);
  }

  async move(from: DrivePath, to: DrivePath, options: MoveOptions) {
    this.#asking('write', from);
    return this.#asking('write', to).move(from, to, options);
  }

  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions) {
    return this.#asking('write', path).setTimes(path, times, options);
  }

  access(path: DrivePath): 'read' | 'write' {
    return mayWrite(this.#grant) ? (this.#inner.access?.(path) ?? 'write') : 'read';
  }

  #asking(operation: 'read' | 'write', path: DrivePath): Drive {
    checkPolicy(operation, path, this.#grant);
    return this.#inner;
  }
}
