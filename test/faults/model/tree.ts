import { foldName } from './names.ts';

export const MOUNTS = ['ada', 'grace'] as const;
export type MountName = (typeof MOUNTS)[number];

/** A place as commands write it: the mount and the names below the sequence's folder, `ada/d/x y`. */
export type Path = string;

export interface ModelFile {
  readonly kind: 'file';
  /**
   * As the last writer spelled it; undefined where no promise says whose spelling stays, until the model reads the
   * drive.
   */
  name: string | undefined;
  content: string;
  /** One number for each time that somebody has written the file: entity tags belong to it. */
  version: number;
  /** Unix seconds; undefined until the model reads the drive, if no client has set it. */
  modified: number | undefined;
  /** Dead properties by their local names. */
  properties: Record<string, string>;
}

export interface ModelFolder {
  readonly kind: 'folder';
  name: string | undefined;
  /** By folded name. */
  members: Map<string, ModelNode>;
  properties: Record<string, string>;
}

export type ModelNode = ModelFile | ModelFolder;

export interface ModelLock {
  readonly token: string;
  readonly client: number;
  readonly scope: 'exclusive' | 'shared';
  readonly depth: '0' | 'infinity';
  /** Where it is, each name folded. */
  readonly place: readonly string[];
  /** How the request that took it spelled that. */
  readonly path: Path;
  /** The version of the empty file that it made on a free name (RFC 4918 §7.3). */
  readonly bornVersion: number | undefined;
}

/** Everything that the model knows: both drives and the locks. */
export interface State {
  readonly mounts: Record<MountName, ModelFolder>;
  locks: readonly ModelLock[];
}

export function emptyState(): State {
  return { mounts: { ada: newFolder('ada'), grace: newFolder('grace') }, locks: [] };
}

let versions = 0;

export function newFile(name: string | undefined, content: string, modified?: number): ModelFile {
  return { kind: 'file', name, content, version: newVersion(), modified, properties: {} };
}

export function newVersion(): number {
  versions += 1;
  return versions;
}

export function newFolder(name: string): ModelFolder {
  return { kind: 'folder', name, members: new Map(), properties: {} };
}

export function cloneState(state: State): State {
  return structuredClone(state);
}

/** The names of a place, as a drive composes them. */
export function namesOf(path: Path): string[] {
  return path.split('/').map(name => name.normalize('NFC'));
}

export function placeOf(path: Path): string[] {
  return path.split('/').map(foldName);
}

export function parentOf(path: Path): Path {
  return path.split('/').slice(0, -1).join('/');
}

export function nameOf(path: Path): string {
  return namesOf(path).at(-1)!;
}

export function mountOf(path: Path): MountName {
  return path.startsWith('ada') ? 'ada' : 'grace';
}

export function find(state: State, path: Path): ModelNode | undefined {
  const [, ...names] = placeOf(path);
  let node: ModelNode | undefined = state.mounts[mountOf(path)];
  for (const name of names) {
    node = node?.kind === 'folder' ? node.members.get(name) : undefined;
  }
  return node;
}

/** The folder that holds the entry at `path`, or would hold it. */
export function findParent(state: State, path: Path): ModelFolder | undefined {
  const parent = find(state, parentOf(path));
  return parent?.kind === 'folder' ? parent : undefined;
}

/** Puts `node` at `path`, whose folder is there. */
export function place(state: State, path: Path, node: ModelNode): void {
  findParent(state, path)!.members.set(foldName(nameOf(path)), node);
}

export function take(state: State, path: Path): void {
  findParent(state, path)?.members.delete(foldName(nameOf(path)));
}

/** Every entry below `path`, with the names that lead to it from there; not the entry itself. */
export function* below(node: ModelNode, names: readonly string[] = []): Generator<[readonly string[], ModelNode]> {
  for (const [key, member] of node.kind === 'folder' ? node.members : []) {
    const at = [...names, member.name ?? key];
    yield [at, member];
    yield* below(member, at);
  }
}
