import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Changes } from './changes.ts';
import { NO_DIRECT_UPLOADS } from './direct-upload.ts';
import type {
  CallOptions,
  ChangesOptions,
  CopyOptions,
  DownloadUrl,
  Drive,
  EntryTimes,
  Expectation,
  LookOptions,
  ReadOptions,
  ReadResult,
  RestoreOptions,
  Scratch,
  SearchOptions,
  SyncTokenOptions,
  TransferOptions,
  TransferResult,
  WriteOptions,
} from './drive.ts';
import type { Entry, Quota } from './entry.ts';
import { DriveError } from './errors.ts';
import { collect, inChunks, refuseAborted } from './memory-body.ts';
import { MemoryChanges } from './memory-changes.ts';
import {
  contentsOf,
  type FileNode,
  type FolderNode,
  meets,
  membersOf,
  type Node,
  type OldContent,
  olderOf,
  toEntry,
  totalSize,
  toVersion,
  wholeSeconds,
} from './memory-node.ts';
import {
  baseName,
  childPath,
  type DrivePath,
  foldName,
  formatPath,
  isWithin,
  joinPaths,
  parentPath,
  toDrivePath,
} from './path.ts';
import type { Details, FileVersion, SearchResult, Thumbnail, VersionRead } from './views.ts';

/**
 * Creates a drive in memory: the second implementation of the contract, for tests. Nothing survives the process, and
 * every look is fresh.
 */
export function createMemoryDrive(options: { clock?: Clock } = {}): Drive {
  return new MemoryDrive(options.clock ?? systemClock);
}

class MemoryDrive implements Drive {
  readonly #clock: Clock;
  readonly #root: FolderNode;
  readonly #changes = new MemoryChanges();
  /** Unique, because two drives in memory are different places. */
  readonly #name = toDrivePath([`memory:${randomUUID()}`]);
  readonly openUpload = NO_DIRECT_UPLOADS.openUpload;
  readonly commitUpload = NO_DIRECT_UPLOADS.commitUpload;
  readonly uploadStatus = NO_DIRECT_UPLOADS.uploadStatus;
  readonly cancelUpload = NO_DIRECT_UPLOADS.cancelUpload;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#root = this.#newFolder('');
  }

  async stat(path: DrivePath, { signal }: LookOptions): Promise<Entry> {
    refuseAborted(signal);
    return toEntry(this.#find(path));
  }

  async list(path: DrivePath, { signal }: LookOptions): Promise<readonly Entry[]> {
    refuseAborted(signal);
    return [...this.#findFolder(path).members.values()].map(toEntry);
  }

  async read(path: DrivePath, { signal, range }: ReadOptions): Promise<ReadResult> {
    refuseAborted(signal);
    const node = this.#findFile(path);
    if (range !== undefined && (range.start > range.end || range.end >= node.bytes.length)) {
      throw new DriveError(
        'range',
        `cannot read ${formatPath(path)}: the range lies outside its ${node.bytes.length} bytes`,
      );
    }
    // A write makes a new node, so these bytes stay those of this entry.
    const bytes = range === undefined ? node.bytes : node.bytes.subarray(range.start, range.end + 1);
    return { entry: toEntry(node), length: bytes.length, body: inChunks(bytes, signal) };
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    refuseAborted(options.signal);
    this.#checkWritable(path, options.expect);
    const bytes = await collect(body, options);
    this.#checkWritable(path, options.expect);
    await options.beforeCommit?.();
    // Checked again: the tree may have changed while the body arrived, or since.
    const { parent, old } = this.#checkWritable(path, options.expect);
    const now = this.#now();
    const node: FileNode = {
      kind: 'file',
      id: old?.id ?? randomUUID(),
      name: old?.name ?? baseName(path),
      bytes,
      version: (old?.version ?? 0) + 1,
      older: olderOf(old),
      created: options.created ? wholeSeconds(options.created) : (old?.created ?? now),
      modified: options.modified ? wholeSeconds(options.modified) : now,
    };
    this.#attach(parent, node);
    return { entry: toEntry(node), created: old === undefined };
  }

  async makeFolder(path: DrivePath, { signal }: CallOptions): Promise<Entry> {
    refuseAborted(signal);
    if (path.length === 0) {
      throw new DriveError('exists', 'cannot create the root: it exists');
    }
    const parent = this.#parentOf(path);
    if (parent.members.has(foldName(baseName(path)))) {
      throw new DriveError('exists', `cannot create ${formatPath(path)}: the name is taken`);
    }
    const folder = this.#newFolder(baseName(path));
    this.#attach(parent, folder);
    return toEntry(folder);
  }

  async remove(path: DrivePath, { signal }: CallOptions): Promise<void> {
    refuseAborted(signal);
    refuseRoot(path);
    this.#find(path);
    this.#detach(path);
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    refuseAborted(options.signal);
    const { source, created } = this.#checkTransfer(from, to, options);
    const copied = this.#clone(source, options.depth);
    copied.name = baseName(to);
    this.#attach(this.#parentOf(to), copied);
    return { created };
  }

  async move(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    refuseAborted(options.signal);
    refuseRoot(from);
    if (this.#isSameNode(from, to) && baseName(from) !== baseName(to)) {
      this.#find(from).name = baseName(to);
      return { created: true };
    }
    const { source, created } = this.#checkTransfer(from, to, options);
    this.#detach(from);
    source.name = baseName(to);
    this.#attach(this.#parentOf(to), source);
    return { created };
  }

  async setTimes(path: DrivePath, { created, modified }: EntryTimes, { signal }: CallOptions): Promise<Entry> {
    refuseAborted(signal);
    const node = this.#find(path);
    node.created = created === undefined ? node.created : wholeSeconds(created);
    node.modified = modified === undefined ? node.modified : wholeSeconds(modified);
    return toEntry(node);
  }

  async quota(): Promise<Quota> {
    const used = totalSize(this.#root);
    return { used, available: MEMORY_DRIVE_BYTES - used };
  }

  /** Returns undefined: only this process can read its memory. */
  async downloadUrl(path: DrivePath, { signal }: CallOptions): Promise<DownloadUrl | undefined> {
    refuseAborted(signal);
    this.#findFile(path);
    return undefined;
  }

  async changes(path: DrivePath, { level, since, limit, signal }: ChangesOptions): Promise<Changes> {
    refuseAborted(signal);
    const folder = this.#findFolder(path);
    const now = membersOf(folder, level);
    return this.#changes.since({ folderId: folder.id, level, now }, { token: since, limit });
  }

  async syncToken(path: DrivePath, { level: wanted = 1, like, signal }: SyncTokenOptions): Promise<string | undefined> {
    refuseAborted(signal);
    const folder = this.#findFolder(path);
    const level = like === undefined ? wanted : (this.#changes.levelOf(like) ?? 1);
    return this.#changes.tokenOf({ folderId: folder.id, level, now: membersOf(folder, level) }, like);
  }

  tellsChanges(): boolean {
    return true;
  }

  /** Looks for the text in names only. */
  async search(path: DrivePath, text: string, { limit, signal }: SearchOptions): Promise<SearchResult> {
    refuseAborted(signal);
    const wanted = foldName(text.trim());
    const members = membersOf(this.#findFolder(path), 'infinite');
    const below = /[\p{L}\p{N}]/u.test(wanted) ? members : [];
    const hits = below.filter(({ entry }) => foldName(entry.name).includes(wanted));
    return { hits: hits.slice(0, limit), hasMore: hits.length > limit };
  }

  async details(path: DrivePath, { signal }: CallOptions): Promise<Details> {
    refuseAborted(signal);
    return { entry: toEntry(this.#find(path)) };
  }

  /** Returns undefined: it makes no pictures. */
  async thumbnail(path: DrivePath, { signal }: CallOptions): Promise<Thumbnail | undefined> {
    refuseAborted(signal);
    this.#findFile(path);
    return undefined;
  }

  async versions(path: DrivePath, { signal }: CallOptions): Promise<readonly FileVersion[]> {
    refuseAborted(signal);
    const file = this.#findFile(path);
    return contentsOf(file).map(content => toVersion(content, file));
  }

  async readVersion(path: DrivePath, id: string, { signal }: CallOptions): Promise<VersionRead> {
    refuseAborted(signal);
    const file = this.#findFile(path);
    const content = findContent(file, id);
    const { bytes } = content;
    return { version: toVersion(content, file), length: bytes.length, body: inChunks(bytes, signal) };
  }

  async restoreVersion(path: DrivePath, id: string, { signal, beforeCommit }: RestoreOptions): Promise<Entry> {
    refuseAborted(signal);
    findContent(this.#findFile(path), id);
    await beforeCommit?.();
    // Looked for again: the tree may have changed since.
    const file = this.#findFile(path);
    const { bytes, version } = findContent(file, id);
    if (version !== file.version) {
      const next = { bytes, version: file.version + 1, older: olderOf(file), modified: this.#now() };
      this.#attach(this.#parentOf(path), { ...file, ...next });
    }
    return toEntry(this.#findFile(path));
  }

  /** Needs no cleanup: unfinished entries end with the process. */
  async scratch(path: DrivePath, { signal }: CallOptions): Promise<Scratch> {
    refuseAborted(signal);
    this.#parentOf(path);
    return { path: childPath(parentPath(path), `.incoming-${randomUUID()}`), end: async () => {} };
  }

  async prepare(): Promise<void> {}

  canonicalPath(path: DrivePath): DrivePath {
    return joinPaths(this.#name, path);
  }

  async companions(): Promise<readonly DrivePath[]> {
    return [];
  }

  access(): 'read' | 'write' {
    return 'write';
  }

  #checkWritable(path: DrivePath, expect: Expectation | undefined): { parent: FolderNode; old: FileNode | undefined } {
    if (path.length === 0) {
      throw new DriveError('is-folder', 'cannot write the root: it is a folder');
    }
    const parent = this.#parentOf(path);
    const old = parent.members.get(foldName(baseName(path)));
    if (old?.kind === 'folder') {
      throw new DriveError('is-folder', `cannot write ${formatPath(path)}: it is a folder`);
    }
    if (!meets(old, expect)) {
      throw new DriveError('precondition', `cannot write ${formatPath(path)}: it is not the version that was expected`);
    }
    return { parent, old };
  }

  #checkTransfer(from: DrivePath, to: DrivePath, { overwrite }: TransferOptions): { source: Node; created: boolean } {
    const source = this.#find(from);
    if (isWithin(to, from) || isWithin(from, to)) {
      throw new DriveError('forbidden', `cannot put ${formatPath(from)} at ${formatPath(to)}: one lies in the other`);
    }
    const old = this.#parentOf(to).members.get(foldName(baseName(to)));
    if (old !== undefined && !overwrite) {
      throw new DriveError('exists', `cannot put ${formatPath(from)} at ${formatPath(to)}: the name is taken`);
    }
    return { source, created: old === undefined };
  }

  #isSameNode(a: DrivePath, b: DrivePath): boolean {
    return a.length === b.length && isWithin(a, b);
  }

  #clone(node: Node, depth: CopyOptions['depth']): Node {
    if (node.kind === 'file') {
      return { ...node, id: randomUUID(), version: 1, older: [] };
    }
    const folder = this.#newFolder(node.name);
    if (depth === 'infinity') {
      for (const [key, member] of node.members) {
        folder.members.set(key, this.#clone(member, depth));
      }
    }
    return folder;
  }

  #find(path: DrivePath): Node {
    let node: Node | undefined = this.#root;
    for (const name of path) {
      node = node.kind === 'folder' ? node.members.get(foldName(name)) : undefined;
      if (node === undefined) {
        throw new DriveError('not-found', `cannot find ${formatPath(path)}`);
      }
    }
    return node;
  }

  #findFile(path: DrivePath): FileNode {
    const node = this.#find(path);
    if (node.kind === 'folder') {
      throw new DriveError('is-folder', `cannot read ${formatPath(path)}: it is a folder`);
    }
    return node;
  }

  #findFolder(path: DrivePath): FolderNode {
    const node = this.#find(path);
    if (node.kind === 'file') {
      throw new DriveError('is-file', `cannot list ${formatPath(path)}: it is a file`);
    }
    return node;
  }

  #parentOf(path: DrivePath): FolderNode {
    let node: Node | undefined = this.#root;
    for (const name of parentPath(path)) {
      node = node?.kind === 'folder' ? node.members.get(foldName(name)) : undefined;
    }
    if (node?.kind !== 'folder') {
      throw new DriveError('no-parent', `cannot put anything at ${formatPath(path)}: its parent is not a folder`);
    }
    return node;
  }

  #attach(parent: FolderNode, node: Node): void {
    parent.members.set(foldName(node.name), node);
    parent.modified = this.#now();
  }

  #detach(path: DrivePath): void {
    const parent = this.#parentOf(path);
    parent.members.delete(foldName(baseName(path)));
    parent.modified = this.#now();
  }

  #newFolder(name: string): FolderNode {
    const now = this.#now();
    return { kind: 'folder', id: randomUUID(), name, members: new Map(), created: now, modified: now };
  }

  #now(): Date {
    return wholeSeconds(new Date(this.#clock.now()));
  }
}

/** The reported capacity; any number is fine, clients only subtract. */
const MEMORY_DRIVE_BYTES = 1024 ** 4;

function findContent(file: FileNode, id: string): OldContent {
  const content = contentsOf(file).find(({ version }) => String(version) === id);
  if (content === undefined) {
    throw new DriveError('not-found', `there is no version ${id} of "${file.name}"`);
  }
  return content;
}

function refuseRoot(path: DrivePath): void {
  if (path.length === 0) {
    throw new DriveError('forbidden', 'cannot remove or move the root');
  }
}
