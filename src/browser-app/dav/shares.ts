import { viewHref } from './href.ts';
import { act, getJson } from './methods.ts';

export type ShareKind = 'read' | 'upload';

/** A URL that opens a file or folder to people who have no account, as its maker sees it. The URL is not in it. */
export interface Share {
  readonly id: string;
  readonly kind: ShareKind;
  readonly state: 'open' | 'ended' | 'revoked' | 'exhausted';
  /** The names below the root of the tree. */
  readonly path: readonly string[];
  readonly target: 'file' | 'folder';
  readonly created: string;
  readonly expires: string;
  /** Whether it has a password. */
  readonly password: boolean;
  readonly maxDownloads?: number;
  readonly downloads?: number;
  /** When somebody first came in. */
  readonly opened?: string;
}

/** What a new share may be. */
export interface ShareLimits {
  readonly maxDays: number;
  readonly requirePassword: boolean;
  readonly minPassword: number;
  readonly maxDownloads?: number;
}

export interface Shares {
  readonly shares: readonly Share[];
  readonly limits: ShareLimits;
}

export interface ShareWish {
  readonly kind: ShareKind;
  /** ISO 8601; absent: as late as it may be. */
  readonly expires?: string;
  readonly password?: string;
  readonly maxDownloads?: number;
}

/** The user's shares of what is at `href`; of the root of the tree: all of them. Throws RequestError. */
export function askShares(href: string, signal: AbortSignal): Promise<Shares> {
  return getJson<Shares>(viewHref(href, 'shares'), signal);
}

/** Makes a share, and returns its URL, which is told this once. Throws RequestError. */
export async function makeShare(href: string, wish: ShareWish): Promise<string> {
  // A browser may send a request again by itself; by the key the server knows it.
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join(
    '',
  );
  return (await act<{ readonly url: string }>(href, 'share', { ...wish, key })).url;
}

/** Ends a share, whatever `href` of the tree it is asked of. Throws RequestError. */
export async function endShare(href: string, id: string): Promise<void> {
  await act(href, 'unshare', { id });
}
