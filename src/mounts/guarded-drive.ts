import type { CommitUploadOptions, OpenUploadOptions, UploadOptions } from '../drive/direct-upload.ts';
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
  RestoreOptions,
  SearchOptions,
  SyncTokenOptions,
  ThumbnailOptions,
  WriteOptions,
} from '../drive/drive.ts';
import type { DrivePath } from '../drive/path.ts';
import { checkPolicy, type Grant, mayWrite } from './policy.ts';

/** A drive that checks the policy before each operation, at both ends of a copy or move. */
export class GuardedDrive implements Drive {
  readonly #inner: () => Drive;
  readonly #grant: Grant;

  /** `inner` is called when first needed: of thousands of drives, most are only listed. */
  constructor(inner: () => Drive, grant: Grant) {
    this.#inner = inner;
    this.#grant = grant;
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

  async quota(path: DrivePath, options: CallOptions) {
    return this.#asking('read', path).quota(path, options);
  }

  async downloadUrl(path: DrivePath, options: DownloadUrlOptions) {
    return this.#asking('read', path).downloadUrl(path, options);
  }

  async changes(path: DrivePath, options: ChangesOptions) {
    return this.#asking('read', path).changes(path, options);
  }

  async syncToken(path: DrivePath, options: SyncTokenOptions) {
    return this.#asking('read', path).syncToken(path, options);
  }

  tellsChanges(path: DrivePath): boolean {
    return this.#inner().tellsChanges(path);
  }

  async search(path: DrivePath, text: string, options: SearchOptions) {
    return this.#asking('read', path).search(path, text, options);
  }

  async details(path: DrivePath, options: CallOptions) {
    return this.#asking('read', path).details(path, options);
  }

  async thumbnail(path: DrivePath, options: ThumbnailOptions) {
    return this.#asking('read', path).thumbnail(path, options);
  }

  async versions(path: DrivePath, options: CallOptions) {
    return this.#asking('read', path).versions(path, options);
  }

  async readVersion(path: DrivePath, id: string, options: CallOptions) {
    return this.#asking('read', path).readVersion(path, id, options);
  }

  async restoreVersion(path: DrivePath, id: string, options: RestoreOptions) {
    return this.#asking('write', path).restoreVersion(path, id, options);
  }

  async openUpload(path: DrivePath, options: OpenUploadOptions) {
    return this.#asking('write', path).openUpload(path, options);
  }

  async commitUpload(path: DrivePath, options: CommitUploadOptions) {
    return this.#asking('write', path).commitUpload(path, options);
  }

  async uploadStatus(path: DrivePath, options: UploadOptions) {
    return this.#asking('write', path).uploadStatus(path, options);
  }

  /** Its owner may end it when he has lost the right to write, too. */
  async cancelUpload(path: DrivePath, options: UploadOptions) {
    return this.#inner().cancelUpload(path, options);
  }

  async scratch(path: DrivePath, options: CallOptions) {
    return this.#asking('write', path).scratch(path, options);
  }

  async prepare(path: DrivePath, options: CallOptions) {
    await this.#inner().prepare(path, options);
  }

  canonicalPath(path: DrivePath) {
    return this.#inner().canonicalPath(path);
  }

  companions(path: DrivePath) {
    return this.#inner().companions(path);
  }

  access(path: DrivePath): 'read' | 'write' {
    // For a mount's folder only the policy decides, so that a listing of all mounts needs none of their drives.
    if (!mayWrite(this.#grant)) {
      return 'read';
    }
    return path.length === 0 ? 'write' : this.#inner().access(path);
  }

  #asking(operation: 'read' | 'write', path: DrivePath): Drive {
    checkPolicy(operation, path, this.#grant);
    return this.#inner();
  }
}
