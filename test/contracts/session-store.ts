import { describe, expect, it } from 'vitest';
import type { Session, SessionStore } from '../../src/state/session-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

const NOW = 1_800_000_000_000;

export function session(digest: string, change: Partial<Session> = {}): Session {
  return {
    digest,
    tenantId: 't1',
    userId: 'ada',
    created: NOW,
    expires: NOW + 1000,
    formSecret: `secret of ${digest}`,
    ...change,
  };
}

/** The promises of `src/state/session-store.ts`. */
export function describeSessionStore(engine: Engine): void {
  const withStore = (use: (store: SessionStore) => Promise<void>) =>
    withEngine(engine, ({ sessions }) => use(sessions));
  describe(`${engine.name} keeps the contract of sessions`, () => {
    it('finds a session until it expires', () =>
      withStore(async store => {
        await store.add(session('a'));
        expect(await store.find('a', NOW + 999)).toEqual(session('a'));
        expect(await store.find('a', NOW + 1000)).toBeUndefined();
        expect(await store.find('b', NOW)).toBeUndefined();
      }));

    it('drops expired ones when one is added', () =>
      withStore(async store => {
        await store.add(session('a'));
        await store.add(session('b', { expires: NOW + 1001 }));
        await store.add(session('c', { created: NOW + 1000, expires: NOW + 2000 }));
        const found = await Promise.all(['a', 'b', 'c'].map(digest => store.find(digest, 0)));
        expect(found.map(each => each?.digest)).toEqual([undefined, 'b', 'c']);
      }));

    it('replaces one by the next, once', () =>
      withStore(async store => {
        await store.add(session('a'));
        await store.add(session('of bob', { userId: 'bob' }));
        const next = session('b', { created: NOW + 5, expires: NOW + 500, formSecret: 'new' });
        const answers = await Promise.all([store.rotate('a', next), store.rotate('a', { ...next, digest: 'c' })]);
        expect(answers.sort()).toEqual([false, true]);
        expect(await store.find('a', NOW)).toBeUndefined();
        const found = [await store.find('b', NOW), await store.find('c', NOW)].filter(each => each !== undefined);
        expect(found).toEqual([{ ...next, digest: found[0]?.digest }]);
        expect(await store.find('of bob', NOW)).toEqual(session('of bob', { userId: 'bob' }));
      }));

    it('does not bring a removed one back', () =>
      withStore(async store => {
        await store.add(session('a'));
        await store.remove('a');
        await store.remove('never');
        expect(await store.rotate('a', session('b'))).toBe(false);
        expect([await store.find('a', NOW), await store.find('b', NOW)]).toEqual([undefined, undefined]);
      }));

    it('removes all of a person', () =>
      withStore(async store => {
        await store.add(session('a'));
        await store.add(session('b'));
        await store.add(session('c', { userId: 'bob' }));
        expect(await store.removeAll('ada')).toBe(2);
        expect(await store.removeAll('ada')).toBe(0);
        const found = await Promise.all(['a', 'b', 'c'].map(digest => store.find(digest, NOW)));
        expect(found.map(each => each?.digest)).toEqual([undefined, undefined, 'c']);
      }));
  });
}
