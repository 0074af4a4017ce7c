/** How far a server has followed a drive's feed. */
export interface FeedPosition {
  /** Random; another one after the feed has begun anew. */
  readonly journal: string;
  /** The number of its last line. */
  readonly number: number;
}

/** What has come to a drive's feed since a position. */
export interface FeedNews {
  /** Undefined: nobody has begun to read the feed. */
  readonly position: FeedPosition | undefined;
  /** What lies between the two positions is not known, so nothing from before can be believed. */
  readonly isAnew: boolean;
  /** What each look has read, oldest first; a text of the callers' own. */
  readonly lines: readonly string[];
  /** How long ago the last complete look at the feed began, in milliseconds; infinite: there was none. */
  readonly ageMs: number;
}

/** Where to go on at Microsoft. */
export interface FeedLink {
  readonly url: string;
  /** How long ago Microsoft gave it, in milliseconds. */
  readonly ageMs: number;
}

/** The turn to read a drive's feed, for one server at a time. */
export interface FeedTurn {
  /** Undefined: the feed is to be begun. */
  readonly link: FeedLink | undefined;
  /** As of `FeedNews`. */
  readonly ageMs: number;
  /**
   * Ends the turn with what was read; `beganMs`: how long ago that look began. `isAnew`: the feed begins with the link.
   * Absent `link`: the last one stays. Returns the position after it; undefined, and keeps nothing, when the turn was
   * over.
   */
  finish(look: FeedResult): Promise<FeedPosition | undefined>;
  /** Ends the turn without a result. `isLost`: the link is of no use any more. */
  giveUp(options: { readonly isLost: boolean }): Promise<void>;
}

export interface FeedResult {
  readonly link?: { readonly url: string } | undefined;
  readonly isAnew: boolean;
  readonly lines: readonly string[];
  readonly beganMs: number;
}

/**
 * The feeds of drives, read by one server for all that share the state (docs/decisions/0036). Ages are by the clock of
 * the engine, so that those of the servers need not agree. Each call is one step.
 */
export interface FeedStore {
  /** Returns what has come since `after`; without it, the position to go on from. */
  news(driveId: string, after: FeedPosition | undefined): Promise<FeedNews>;
  /** Takes the turn, for at most `forMs`; undefined while another server has it. */
  takeTurn(driveId: string, forMs: number): Promise<FeedTurn | undefined>;
}
