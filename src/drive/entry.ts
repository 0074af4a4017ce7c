/** A file or folder, as all layers above the cloud see it. */
export interface Entry {
  readonly kind: 'file' | 'folder';
  /** The name as the drive spells it; `''` for the root of a drive. */
  readonly name: string;
  /** Identity that survives rename and move; opaque, case-sensitive. */
  readonly id: string;
  /**
   * Strong entity tag without its quotes, made of characters that need no escaping (RFC 9110 §8.8.3).
   * A file's changes with its content only; a folder's with the folder itself.
   */
  readonly etag: string;
  /** Bytes; 0 for a folder. Undefined for a file whose size is unknown until it is opened. */
  readonly size: number | undefined;
  /** Bytes of all files in the folder's tree, when the drive knows them without counting. */
  readonly treeSize?: number;
  readonly created: Date;
  /** Whole seconds, as OneDrive keeps them. */
  readonly modified: Date;
  /** Media type, when the drive knows one. */
  readonly contentType?: string;
  /** A shortcut to a place elsewhere, which is not part of this drive. */
  readonly isShortcut?: true;
  /** QuickXorHash in base64, when the drive has one. A change detector, not a proof of integrity. */
  readonly quickXorHash?: string;
}

/** Room in a drive, in bytes. */
export interface Quota {
  readonly used: number;
  /** Absent when the drive does not report it. */
  readonly available?: number;
}
