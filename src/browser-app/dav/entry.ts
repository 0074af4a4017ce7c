/** A member of a folder, as the views `entries` and `search` tell it. Absent facts are unknown. */
export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** Bytes; of a folder, those of its tree. */
  readonly size?: number;
  readonly modified: string;
  readonly created?: string;
  /** Without its quotes. */
  readonly etag: string;
  /** The media type. */
  readonly type?: string;
  readonly shortcut?: true;
  /** Of a search result: the names from the folder that was searched down to the entry, its own the last. */
  readonly path?: readonly string[];
}

/** What the server tells of a folder before its entries. */
export interface FolderHead {
  /** The names below the root of the tree. */
  readonly path: readonly string[];
  /** With a slash at its end. */
  readonly href: string;
  /** The name of the root of the tree, where it has one: that of a share. */
  readonly root?: string;
  readonly access: 'read' | 'write';
  readonly quota?: { readonly used: number; readonly available?: number };
  readonly user: string;
  /** The account pages of the user. */
  readonly account?: string;
  /** The page of operators. */
  readonly status?: string;
  readonly can: {
    readonly upload: 'direct' | 'through' | 'no';
    readonly search: boolean;
    readonly share: readonly ('read' | 'upload')[];
    readonly versions: boolean;
  };
  /** The user may have shares, here or elsewhere. */
  readonly hasShares?: true;
}

/** Tells an entry from all others in a list. */
export function keyOf({ name, path = [name] }: Pick<Entry, 'name' | 'path'>): string {
  return path.join('/');
}

/** A name as the server compares it: without regard to case and Unicode composition. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
