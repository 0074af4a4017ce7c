import type { Entry } from './entry.ts';

/** How far below a folder changes are reported (RFC 6578 §6.3): its members, or everything. */
export type SyncLevel = 1 | 'infinite';

/** The change of one member. */
export type Change = {
  /** The names from the folder to the member, as they are spelled. */
  readonly names: readonly string[];
} & (
  | { readonly state: 'present'; readonly entry: Entry }
  /** No item has this spelling any more. `kind` is the kind of the old item. */
  | { readonly state: 'removed'; readonly kind: Entry['kind'] }
  /** A folder that is not part of the drive: request the changes below it from its own drive. */
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
  /** The changes since this token are not known; a request without a token works. */
  | { readonly kind: 'invalid-token' }
  /** The folder has more members than are followed. */
  | { readonly kind: 'too-many' };

/** The prefix of every token, which distinguishes it from the token of a lock. */
const SYNC_TOKEN = 'urn:onedrive-webdav:sync:';

/** `rest` has only characters that are unreserved in a URI, and colons. */
export function syncToken(rest: string): string {
  return `${SYNC_TOKEN}${rest}`;
}

/** Returns the text after the prefix; undefined without the prefix. */
export function readSyncToken(text: string): string | undefined {
  return text.startsWith(SYNC_TOKEN) ? text.slice(SYNC_TOKEN.length) : undefined;
}
