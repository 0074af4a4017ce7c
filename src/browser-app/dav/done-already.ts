import type { Entry } from './entry.ts';
import { asRequestError } from './errors.ts';
import { viewHref } from './href.ts';
import { send } from './methods.ts';

/*
 * When a connection breaks before the answer, a browser may send a request again by itself (RFC 9110 §9.2.2; Chromium
 * and Firefox do), and the page hears only that the second one was refused: the first one had done it. These look at
 * what is there. What cannot be found out was not done.
 */

type Known = Pick<Entry, 'kind' | 'size' | 'created' | 'modified'>;

/** A moment, by the clock of this page. */
export type Moment = number;
export const thisMoment = (): Moment => performance.now();

/** Times in answers are in whole seconds. */
const SECOND_MS = 1_000;

/** Whether an entry is at another place now: it is gone from the one, and has its times and its size at the other. */
export async function isMoved(entry: Known, { from, to }: { from: string; to: string }): Promise<boolean> {
  if ((await look(from)) !== 'absent') {
    return false;
  }
  const there = await look(to);
  return (
    typeof there === 'object' &&
    isAlike(there.entry, entry) &&
    there.entry.created === entry.created &&
    (entry.kind === 'folder' || there.entry.modified === entry.modified)
  );
}

/** Whether what is at an href was made since a moment, by the server's clock, and is like this. */
export async function isMade(like: Pick<Known, 'kind' | 'size'>, href: string, since: Moment): Promise<boolean> {
  const there = await look(href);
  if (typeof there !== 'object' || !isAlike(there.entry, like)) {
    return false;
  }
  const began = there.now - (thisMoment() - since) - SECOND_MS;
  return Date.parse(there.entry.created ?? '') >= began;
}

function isAlike(one: Pick<Known, 'kind' | 'size'>, other: Pick<Known, 'kind' | 'size'>): boolean {
  return one.kind === other.kind && (one.kind === 'folder' || one.size === other.size);
}

async function look(href: string): Promise<{ readonly entry: Known; readonly now: number } | 'absent' | 'unknown'> {
  try {
    const answer = await send('GET', viewHref(href, 'details'));
    return { entry: await answer.json(), now: Date.parse(answer.headers.get('date') ?? '') };
  } catch (error) {
    return asRequestError(error).code === 'not-found' ? 'absent' : 'unknown';
  }
}
