import type { ShareKind } from './share-kind.ts';

/** A file or folder that is open to everybody who knows its URL. */
export interface Share {
  /** SHA-256, in hexadecimal, of the token in its URL, which is not stored. */
  readonly digest: string;
  /** Names it in lists and logs; opens nothing. */
  readonly id: string;
  readonly kind: ShareKind;
  /** Who made it: `person:` and an object id in lower case, or `user:` and a name in lower case. */
  readonly owner: string;
  /** The name of the owner when it was made, for people. */
  readonly ownerName: string;
  /** The place in the owner's tree: at least the name of the mount. */
  readonly names: readonly string[];
  readonly target: 'file' | 'folder';
  /** The drive in which `itemId` is meaningful. */
  readonly scope: string;
  /** The id of what was shared. */
  readonly itemId: string;
  /** An argon2id hash as a PHC string. */
  readonly passwordHash: string | undefined;
  /** Milliseconds since 1970, like all times here. */
  readonly created: number;
  readonly expires: number;
  readonly maxDownloads: number | undefined;
  /** Counted only where there is a limit. */
  readonly downloads: number;
  /** When somebody first came in. */
  readonly opened: number | undefined;
  readonly revoked: number | undefined;
}

/** What is told of a new share; the rest of it comes with its use. */
export type NewShare = Omit<Share, 'downloads' | 'opened' | 'revoked'>;

/** A file of a share that a client downloads, whole or in parts; short texts that tell it from others. */
export interface ShareDownload {
  readonly client: string;
  readonly file: string;
}

/** The request of a download. */
export interface DownloadAsked extends ShareDownload {
  /** Part of the file only. */
  readonly isPart: boolean;
  readonly now: number;
  /** Until then further parts belong to the same download. */
  readonly ends: number;
}

/** `begun`: it belongs to a download that was counted. `over`: nothing may be sent. */
export type DownloadOutcome = 'counted' | 'begun' | 'over';

/** Ended and revoked shares are kept for so long, so that those who have the URL are told so. */
export const ENDED_SHARES_KEPT_MS = 30 * 24 * 60 * 60_000;

/**
 * The shares of users. A revoked one is found as such by the next call, in whatever process it was revoked.
 * `test/contracts/share-store.ts` is the suite of its implementations.
 */
export interface ShareStore {
  /** Finds a share by the digest of its token, also one that has ended or was revoked. */
  find(digest: string): Promise<Share | undefined>;
  /** Returns an owner's shares, oldest first; without `owner`, everybody's. */
  list(owner?: string): Promise<readonly Share[]>;
  /**
   * Adds a share; returns false, and adds nothing, when the owner has `max` that have not ended. Drops everybody's that
   * ended more than `ENDED_SHARES_KEPT_MS` ago.
   */
  add(share: NewShare, limit: { readonly max: number; readonly now: number }): Promise<boolean>;
  /**
   * Counts a download, unless it is a part of one that was counted; counts nothing when there were `most` or the share
   * was revoked. Of parts that come at once, to whichever servers, one is counted.
   */
  countDownload(id: string, most: number, asked: DownloadAsked): Promise<DownloadOutcome>;
  /** Takes back a counted download: no byte of it was sent. */
  uncountDownload(id: string, download: ShareDownload): Promise<void>;
  /** Returns whether a download of the client was counted that may go on. */
  hasBegun(id: string, client: string, now: number): Promise<boolean>;
  /** Notes that somebody came in; returns true for the first time. */
  noteOpened(id: string, at: number): Promise<boolean>;
  /** Revokes a share, of `owner` if one is given; returns false when there is none that is not revoked. */
  revoke(id: string, by: { readonly at: number; readonly owner?: string }): Promise<boolean>;
}
