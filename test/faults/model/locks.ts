import type { ModelLock, Path, State } from './tree.ts';
import { parentOf, placeOf } from './tree.ts';

/** What a request submits: the tokens of its client's own locks, those of everybody else, or none. */
export type Tokens = 'own' | 'others' | 'none';

/** Who asks, and with which tokens. */
export interface Submission {
  readonly client: number;
  readonly tokens: Tokens;
}

/** What a method does to a place (RFC 4918 §7). */
export type Change = 'entry' | 'new' | 'gone' | 'replaced';

export function tokensOf(state: State, { client, tokens }: Submission): readonly ModelLock[] {
  if (tokens === 'none') {
    return [];
  }
  return state.locks.filter(lock => (lock.client === client) === (tokens === 'own'));
}

/** Locks whose scope holds `place` (RFC 4918 §7.4: depth infinity goes down, depth 0 does not). */
export function covering(state: State, place: readonly string[]): ModelLock[] {
  return state.locks.filter(
    lock =>
      lock.place.length <= place.length &&
      lock.place.every((name, index) => name === place[index]) &&
      (lock.depth === 'infinity' || lock.place.length === place.length),
  );
}

/** Locks on `place` and on the entries below it. */
export function within(state: State, place: readonly string[]): ModelLock[] {
  return state.locks.filter(lock => place.every((name, index) => name === lock.place[index]));
}

/** Whether a lock is in the way of a change at `path`. */
export function isLocked(state: State, path: Path, change: Change, by: Submission): boolean {
  const place = placeOf(path);
  const isInTheWay = (at: readonly string[]) => {
    const locks = covering(state, at);
    return locks.length > 0 && !locks.some(lock => by.tokens === 'own' && lock.client === by.client);
  };
  const whole = change === 'gone' || change === 'replaced';
  const own = whole ? [place, ...within(state, place).map(lock => lock.place)] : [place];
  const names = change === 'entry' ? [] : [placeOf(parentOf(path))];
  return [...own, ...names].some(isInTheWay);
}

/** Returns true when a new lock conflicts with existing ones (RFC 4918 §6.2). A 207 reports those below. */
export function conflictOf(
  state: State,
  path: Path,
  { scope, depth }: Pick<ModelLock, 'scope' | 'depth'>,
): 'none' | 'here' | 'below' {
  const clashes = (lock: ModelLock) => scope === 'exclusive' || lock.scope === 'exclusive';
  const place = placeOf(path);
  if (covering(state, place).some(clashes)) {
    return 'here';
  }
  return depth === 'infinity' && within(state, place).some(clashes) ? 'below' : 'none';
}

/** The locks without those on entries that are gone from `path`. */
export function withoutTree(state: State, path: Path): ModelLock[] {
  const gone = new Set(within(state, placeOf(path)));
  return state.locks.filter(lock => !gone.has(lock));
}

/** The locks without those on former members of `path`. */
export function withoutMembers(state: State, path: Path): ModelLock[] {
  const place = placeOf(path);
  const gone = new Set(within(state, place).filter(lock => lock.place.length > place.length));
  return state.locks.filter(lock => !gone.has(lock));
}
