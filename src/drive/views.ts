import type { Entry } from './entry.ts';

/** An entry that a search has found. */
export interface SearchHit {
  /** Its names below the folder that was searched; at least one. */
  readonly names: readonly string[];
  readonly entry: Entry;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** True when there are more hits than these. */
  readonly hasMore: boolean;
}

/** What the cloud knows of an entry beside what a listing shows. */
export interface Details {
  readonly entry: Entry;
  /** The name of the person or the program that made it, as the cloud shows it. */
  readonly createdBy?: string;
  /** The name of the one who changed it last. */
  readonly modifiedBy?: string;
}

/** The named sizes of Graph ("thumbnailSet resource type"): 96, 176 and 800 pixels on the longer side. */
export const THUMBNAIL_SIZES = ['small', 'medium', 'large'] as const;
export type ThumbnailSize = (typeof THUMBNAIL_SIZES)[number];

/** A small picture of a file. */
export interface Thumbnail {
  /** The file as it was last seen; the picture may be of a later version. */
  readonly entry: Entry;
  /** The media type of a picture that cannot hold a script. */
  readonly contentType: string;
  /** Bytes, when the host states them. */
  readonly length: number | undefined;
  /** As in `ReadResult`: a caller that does not begin to read must end it. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A version of a file's content. */
export interface FileVersion {
  /** Opaque, and only meaningful for this file. */
  readonly id: string;
  readonly modified: Date;
  /** The name of the one who made it. */
  readonly modifiedBy?: string;
  /** Bytes, when the cloud states them. */
  readonly size: number | undefined;
  /** The file's content now. */
  readonly isCurrent: boolean;
}

/** The bytes of a version. */
export interface VersionRead {
  readonly version: FileVersion;
  /** Bytes that `body` will yield. */
  readonly length: number;
  /** As in `ReadResult`: it never ends early, and a caller that does not begin to read must end it. */
  readonly body: AsyncIterable<Uint8Array>;
}
