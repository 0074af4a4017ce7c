import { NO_DIRECT_UPLOADS } from '../drive/direct-upload.ts';
import type {
  CallOptions,
  CopyOptions,
  Drive,
  EntryTimes,
  LookOptions,
  MoveOptions,
  TransferResult,
  WriteOptions,
} from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import type { DrivePath } from '../drive/path.ts';
import { folder } from '../mounts/mounted-drive.ts';
import type { OwnUploads } from './own-uploads.ts';

export interface UploadDriveOptions {
  /** The shared folder. */
  readonly inner: Drive;
  readonly own: OwnUploads;
  /** The name of the only member of the root, as in `RootedDrive`. */
  readonly root: string;
  /** What visitors see as the name of the folder. */
  readonly name: string;
  readonly since: Date;
}

/**
 * A folder into which new files can be put, and no more ("file request"). A client sees what it has itself put there
 * lately, as it was written, because programs look whether an upload has arrived. Of all else it learns at most that a
 * name is taken, which a refused upload tells as well. Nothing is read back, replaced, moved or removed; an empty file
 * that the client has just made can be filled, since many clients begin with one.
 */
export class UploadDrive implements Drive {
  readonly #inner: Drive;
  readonly #own: OwnUploads;
  readonly #root: string;
  readonly #name: string;
  readonly #since: Date;

  // All bytes come through this server, which alone holds them to the share.
  readonly openUpload = NO_DIRECT_UPLOADS.openUpload;
  readonly commitUpload = NO_DIRECT_UPLOADS.commitUpload;
  readonly uploadStatus = NO_DIRECT_UPLOADS.uploadStatus;
  readonly cancelUpload = NO_DIRECT_UPLOADS.cancelUpload;

  constructor({ inner, own, root, name, since }: UploadDriveOptions) {
    this.#inner = inner;
    this.#own = own;
    this.#root = root;
    this.#name = name;
    this.#since = since;
  }

  async stat(path: DrivePath, options: LookOptions): Promise<Entry> {
    if (path.length === 1 && path[0] === this.#root) {
      return this.#hiddenFolder(this.#name);
    }
    const own = await this.#own.get(path);
    if (own !== undefined) {
      return own;
    }
    const entry = await this.#inner.stat(path, options);
    if (entry.kind === 'folder') {
      return this.#hiddenFolder(entry.name);
    }
    throw new DriveError('forbidden', 'the name is taken; this share takes new names only, and shows no files');
  }

  async list(path: DrivePath, options: LookOptions): Promise<readonly Entry[]> {
    const entry = await this.stat(path, options);
    if (entry.kind === 'file') {
      throw new DriveError('is-file', 'this is a file');
    }
    return this.#own.membersOf(path);
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    const expect = await this.#expectationAt(path, options);
    const written = await this.#inner.write(path, body, { ...options, expect });
    await this.#own.add(path, written.entry);
    return written;
  }

  async makeFolder(path: DrivePath, options: CallOptions): Promise<Entry> {
    const entry = await this.#inner.makeFolder(path, options);
    await this.#own.add(path, entry);
    return entry;
  }

  /** For the client's own files: Explorer sets the times of a file after its upload. */
  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry> {
    const own = await this.#own.get(path);
    if (own === undefined || (await this.#inner.stat(path, options)).id !== own.id) {
      throw refusal();
    }
    const entry = await this.#inner.setTimes(path, times, options);
    await this.#own.add(path, { ...own, created: entry.created, modified: entry.modified });
    return { ...own, created: entry.created, modified: entry.modified };
  }

  async prepare(path: DrivePath, options: CallOptions): Promise<void> {
    await this.#inner.prepare(path, options);
  }

  canonicalPath(path: DrivePath): DrivePath {
    return this.#inner.canonicalPath(path);
  }

  access(path: DrivePath): 'read' | 'write' {
    return this.#inner.access(path);
  }

  async read(): Promise<never> {
    throw refusal();
  }

  async remove(): Promise<never> {
    throw refusal();
  }

  async copy(_from: DrivePath, _to: DrivePath, _options: CopyOptions): Promise<TransferResult> {
    throw refusal();
  }

  async move(_from: DrivePath, _to: DrivePath, _options: MoveOptions): Promise<TransferResult> {
    throw refusal();
  }

  async downloadUrl(): Promise<never> {
    throw refusal();
  }

  async thumbnail(): Promise<never> {
    throw refusal();
  }

  async readVersion(): Promise<never> {
    throw refusal();
  }

  async restoreVersion(): Promise<never> {
    throw refusal();
  }

  async scratch(): Promise<never> {
    throw refusal();
  }

  async quota(): Promise<undefined> {}

  async syncToken(): Promise<undefined> {}

  async search(): Promise<undefined> {}

  async details(): Promise<undefined> {}

  async versions(): Promise<undefined> {}

  async changes(): Promise<{ readonly kind: 'unsupported' }> {
    return { kind: 'unsupported' };
  }

  tellsChanges(): boolean {
    return false;
  }

  async companions(): Promise<readonly DrivePath[]> {
    return [];
  }

  /** Returns whether the client may lock the name: it is free, or the client's own. */
  async isOwnOrFree(path: DrivePath, options: LookOptions): Promise<boolean> {
    if (path.length === 1 || (await this.#own.get(path)) !== undefined) {
      return path.length > 1;
    }
    try {
      await this.#inner.stat(path, options);
      return false;
    } catch (error) {
      if (isDriveError(error, 'not-found')) {
        return true;
      }
      throw error;
    }
  }

  /** A new name, or the client's own empty file as it made it. */
  async #expectationAt(path: DrivePath, { expect }: WriteOptions): Promise<WriteOptions['expect']> {
    const own = await this.#own.get(path);
    if (own === undefined) {
      return { kind: 'absent' };
    }
    const isMeant = expect?.kind !== 'etag' || expect.etags.includes(own.etag);
    if (own.kind !== 'file' || own.size !== 0 || expect?.kind === 'absent' || !isMeant) {
      throw new DriveError('forbidden', 'the name is taken; this share takes new names only');
    }
    return { kind: 'etag', etags: [own.etag] };
  }

  #hiddenFolder(name: string): Entry {
    return folder(name, `share-${name}`, this.#since);
  }
}

function refusal(): DriveError {
  return new DriveError('read-only', 'this share only takes new files');
}
