import type { Condition } from '../upload/transport.ts';
import { asRequestError } from './errors.ts';
import { viewHref } from './href.ts';
import { act, getJson } from './methods.ts';

/** Where bytes go that do not pass through our server, and how. */
export interface Session {
  readonly id: string;
  readonly url: string;
  /** ISO 8601. */
  readonly expires: string;
  readonly multiple: number;
  readonly max: number;
}

export interface Begin {
  readonly size: number;
  /** ISO 8601. */
  readonly modified: string;
  readonly condition: Condition;
}

/** What OneDrive has of an upload. */
export interface Progress extends Omit<Session, 'id'> {
  readonly nextExpectedRanges: readonly string[];
}

/** Asks where the bytes of a file to be go. Undefined: through our server. Throws RequestError. */
export async function beginUpload(
  href: string,
  { size, modified, condition }: Begin,
  signal: AbortSignal,
): Promise<Session | undefined> {
  const conflict = condition.kind === 'absent' ? 'fail' : 'replace';
  const headers: Record<string, string> = condition.kind === 'absent' ? {} : { 'If-Match': `"${condition.etag}"` };
  const input = { size, modified, conflict };
  const way = await act<{ way: string } & Session>(href, 'upload', input, { headers, signal });
  return way.way === 'direct' ? way : undefined;
}

/** Undefined when the upload is over. Throws RequestError. */
export function askProgress(href: string, id: string, signal: AbortSignal): Promise<Progress | undefined> {
  return orGone(act<Progress>(href, 'upload-status', { id }, { signal }));
}

/** Makes the file of its bytes. False when the upload is over. Throws RequestError. */
export async function commitUpload(
  href: string,
  input: { readonly id: string; readonly quickXorHash: string },
  signal: AbortSignal,
): Promise<boolean> {
  return (await orGone(act(href, 'upload-commit', input, { signal }))) !== undefined;
}

/** Gives an upload up. What cannot be told now, the server cleans up later. */
export function cancelUpload(href: string, id: string): void {
  act(href, 'upload-cancel', { id }, { keepalive: true }).catch(() => {});
}

/** Returns true when the file at `href` has this size and hash; the hash is computed only where the size fits. */
export async function hasContent(
  href: string,
  { size, hash }: { readonly size: number; readonly hash: () => Promise<string> },
  signal: AbortSignal,
): Promise<boolean> {
  const details = await orGone(getJson<{ size?: number; quickXorHash?: string }>(viewHref(href, 'details'), signal));
  return details?.size === size && details.quickXorHash !== undefined && details.quickXorHash === (await hash());
}

/** The offset of the first byte that is missing; `size` when none is. */
export function nextOffset(ranges: readonly string[], size: number): number {
  const [first] = ranges;
  return first === undefined ? size : Math.min(size, Number.parseInt(first, 10));
}

async function orGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (asRequestError(error).code === 'not-found') {
      return undefined;
    }
    throw error;
  }
}
