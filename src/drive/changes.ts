import type { Entry } from './entry.ts';

/** How far below a folder changes are told (RFC 6578 §6.3): its members, or everything. */
export type SyncLevel = 1 | 'infinite';

/** What has become of one member. */
export type Change = {
  /** The names from the folder to the member, as they are spelled. */
  readonly names: readonly string[];
} & (
  | { readonly state: 'present'; readonly entry: Entry }
  /** Nothing has this spelling any more. `kind` is what it was. */
  | { readonly state: 'removed'; readonly kind: Entry['kind'] }
  /** A folder that is not part of the drive: what is below it must be asked for there. */
  | { readonly state: 'elsewhere' }
);

/** The answer to `Drive.changes`. */
export type Changes =
  | {
      readonly kind: 'changes';
      /** Each member once, those removed first. A folder in the place of a file is another member. */
      readonly changes: readonly Change[];
      /** A URI (RFC 3986) that stands for the state of the client once it knows these changes. */
      readonly token: string;
      /** False: there are more, to be had with the new token. */
      readonly isComplete: boolean;
    }
  /** The drive cannot tell the changes of this folder. */
  | { readonly kind: 'unsupported' }
  /** It cannot be told what has changed since this token; without one it can. */
  | { readonly kind: 'invalid-token' }
  /** The folder has more members than are followed. */
  | { readonly kind: 'too-many' };

/** In front of every token, so that it can be told from the token of a lock. */
const SYNC_TOKEN = 'urn:onedrive-webdav:sync:';

/** `rest` has only characters that are unreserved in a URI, and colons. */
export function syncToken(rest: string): string {
  return `${SYNC_TOKEN}${rest}`;
}

/** Returns what follows the prefix; undefined for something else. */
export function readSyncToken(text: string): string | undefined {
  return text.startsWith(SYNC_TOKEN) ? text.slice(SYNC_TOKEN.length) : undefined;
}
