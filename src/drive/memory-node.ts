import type { Expectation } from './call-options.ts';
import type { SyncLevel } from './changes.ts';
import type { Entry } from './entry.ts';
import { DriveError } from './errors.ts';
import type { MemoryMember } from './memory-changes.ts';
import type { FileVersion } from './views.ts';

/** An item of a drive in memory. */
export type Node = FileNode | FolderNode;

export interface FileNode {
  kind: 'file';
  id: string;
  name: string;
  bytes: Uint8Array;
  /** The number of the content; a version's id is its number. */
  version: number;
  /** The contents before this one, the oldest first. */
  older: readonly OldContent[];
  created: Date;
  modified: Date;
}

export interface FolderNode {
  kind: 'folder';
  id: string;
  name: string;
  /** By folded name. */
  members: Map<string, Node>;
  created: Date;
  modified: Date;
}

export interface OldContent {
  readonly version: number;
  readonly bytes: Uint8Array;
  readonly modified: Date;
}

export function toEntry(node: Node): Entry {
  const { kind, name, id, created, modified } = node;
  if (node.kind === 'folder') {
    return { kind, name, id, etag: id, size: 0, created, modified };
  }
  return { kind, name, id, etag: `${id}-${node.version}`, size: node.bytes.length, created, modified };
}

export function membersOf(folder: FolderNode, level: SyncLevel, above: readonly string[] = []): MemoryMember[] {
  return [...folder.members.values()].flatMap(node => {
    const names = [...above, node.name];
    const below = node.kind === 'folder' && level === 'infinite' ? membersOf(node, level, names) : [];
    return [{ names, entry: toEntry(node) }, ...below];
  });
}

export function meets(old: FileNode | undefined, expect: Expectation | undefined): boolean {
  if (expect === undefined) {
    return true;
  }
  if (expect.kind === 'absent') {
    return old === undefined;
  }
  return old !== undefined && expect.etags.includes(toEntry(old).etag);
}

export function totalSize(node: Node): number {
  if (node.kind === 'file') {
    return node.bytes.length;
  }
  return [...node.members.values()].reduce((sum, member) => sum + totalSize(member), 0);
}

export function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

/** The file's content as an old one, with those before it. */
export function olderOf(file: FileNode | undefined): readonly OldContent[] {
  return file === undefined ? [] : [...file.older, contentOf(file)];
}

/** All contents of a file, the current one first. */
export function contentsOf(file: FileNode): readonly OldContent[] {
  return [contentOf(file), ...file.older.toReversed()];
}

export function toVersion({ version, bytes, modified }: OldContent, file: FileNode): FileVersion {
  return { id: String(version), modified, size: bytes.length, isCurrent: version === file.version };
}

function contentOf({ version, bytes, modified }: FileNode): OldContent {
  return { version, bytes, modified };
}

/** Returns a version of the file. Throws `not-found`. */
export function findContent(file: FileNode, id: string): OldContent {
  const content = contentsOf(file).find(({ version }) => String(version) === id);
  if (content === undefined) {
    throw new DriveError('not-found', `there is no version ${id} of "${file.name}"`);
  }
  return content;
}
