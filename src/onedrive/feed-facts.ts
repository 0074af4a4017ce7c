/** What all readers of a feed of changes have in common. */

/** A hundred thousand changes: beginning anew costs less than reading more. */
export const MAX_PAGES = 100;
/**
 * A link that has brought nothing is used again: changes lag, and a new link may leave them behind (onedrive-go). It is
 * renewed before Graph forgets it.
 */
export const KEEP_LINK_MS = 60 * 60 * 1000;
/** A cloud without the feed may have it after the next update. */
export const UNSUPPORTED_RETRY_MS = 6 * 60 * 60 * 1000;
/** The feed has been seen to leave out a change: nothing is believed for longer without another look. */
export const MAX_AGE_MS = 24 * 60 * 60 * 1000;
