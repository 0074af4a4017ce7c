import type { Entry } from '../dav/entry.ts';
import { asRequestError } from '../dav/errors.ts';
import { say, sayError } from '../words/words.ts';
import { eachAtMost } from './at-most.ts';
import { tellFailure, tellProgress } from './toasts.ts';

/** Changes of several entries that run at once. */
const AT_ONCE = 3;

/** An entry, and where it is. */
export interface Placed {
  readonly entry: Entry;
  readonly href: string;
}

/** A failure with words of its own. */
export class Refusal extends Error {}

/**
 * Does something with each item, and shows how far it is; `false` is nothing done. Returns how many were done, and tells
 * of each that was not.
 */
export async function forEach(items: readonly Placed[], work: (item: Placed) => Promise<unknown>): Promise<number> {
  const progress = items.length > 1 ? tellProgress(say('working', { done: 0, n: items.length })) : undefined;
  let ended = 0;
  let done = 0;
  await eachAtMost(items, AT_ONCE, async item => {
    try {
      // Others may end while this one is under way: the sum is read afterwards.
      const isDone = (await work(item)) !== false;
      done += isDone ? 1 : 0;
    } catch (error) {
      const reason = error instanceof Refusal ? error.message : sayError(asRequestError(error).code);
      tellFailure(say('failedFor', { name: item.entry.name, reason }));
    }
    ended += 1;
    progress?.update(say('working', { done: ended, n: items.length }), ended / items.length);
  });
  progress?.end();
  return done;
}
