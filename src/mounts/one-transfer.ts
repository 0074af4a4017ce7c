import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../lib/clock.ts';
import type { FairSlots } from '../lib/fair-slots.ts';

/** A place that a transfer has, or has lent while it waits for another one. */
interface Place {
  readonly slots: FairSlots;
  /** Gives it back; undefined while it is lent. */
  giveBack: (() => void) | undefined;
}

interface Wait {
  readonly lane: string;
  readonly signal: AbortSignal;
  readonly patienceMs: number;
  readonly clock: Clock;
}

const transfers = new AsyncLocalStorage<Set<Place>>();

/**
 * Runs `work`, which reads at one place and writes at another, as one transfer. It never holds a place while it waits
 * for another one: two copies that cross would wait for each other.
 */
export function asOneTransfer<T>(work: () => Promise<T>): Promise<T> {
  return transfers.run(new Set(), work);
}

/**
 * Takes a place of `slots` beside those that the transfer has; returns the function that gives it back, which may be
 * called more than once. Resolves with undefined when not all can be had at once in time; then the transfer has none.
 * Rejects with the signal's reason.
 */
export async function takePlace(slots: FairSlots, wait: Wait): Promise<(() => void) | undefined> {
  const held = transfers.getStore() ?? new Set();
  const place: Place = { slots, giveBack: undefined };
  held.add(place);
  const end = () => {
    held.delete(place);
    giveBack(place);
  };
  try {
    if (await takeAll(held, wait)) {
      return end;
    }
    end();
    return undefined;
  } catch (error) {
    end();
    throw error;
  }
}

/** Takes all at once, or gives them back, waits for one that could not be had, and tries again. */
async function takeAll(held: ReadonlySet<Place>, { lane, signal, patienceMs, clock }: Wait): Promise<boolean> {
  const until = clock.now() + patienceMs;
  let missing = takeLent(held, lane);
  while (missing !== undefined) {
    for (const place of held) {
      giveBack(place);
    }
    missing.giveBack = await missing.slots.take(lane, { signal, patienceMs: until - clock.now() });
    if (missing.giveBack === undefined) {
      return false;
    }
    // Its part of the transfer may have ended meanwhile.
    if (!held.has(missing)) {
      giveBack(missing);
    }
    missing = takeLent(held, lane);
  }
  return true;
}

/** Takes all places that are lent; returns one that cannot be had. */
function takeLent(held: ReadonlySet<Place>, lane: string): Place | undefined {
  for (const place of held) {
    place.giveBack ??= place.slots.takeNow(lane);
    if (place.giveBack === undefined) {
      return place;
    }
  }
  return undefined;
}

function giveBack(place: Place): void {
  place.giveBack?.();
  place.giveBack = undefined;
}
