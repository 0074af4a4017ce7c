import { describe, expect, it } from 'vitest';
import { devicePassword } from '../contracts/device-password-store.ts';
import { session } from '../contracts/session-store.ts';
import { newShare } from '../contracts/share-store.ts';
import { ENGINES, withEngine } from '../support/state-engines.ts';

const NOW = 1_800_000_000_000;

describe.each(ENGINES)('$name', engine => {
  it('counts what is stored, and nothing that has expired', () =>
    withEngine(engine, async state => {
      const none = { locks: 0, deadProperties: 0, sideFileBytes: 0, devicePasswords: 0, sessions: 0, shares: 0 };
      expect(await state.counts(NOW)).toEqual(none);
      const set = [{ namespace: 'n', name: 'a', xml: '<a/>' }];
      await state.properties.change('drive', 'one', { set, remove: [] });
      await state.properties.change('drive', 'two', { set, remove: [] });
      await state.sessions.add(session('a'));
      await state.sessions.add(session('b', { expires: NOW + 5_000 }));
      await state.devicePasswords.add(devicePassword('c'), { max: 9, now: NOW });
      for (const id of ['open', 'revoked', 'longer']) {
        await state.shares.add(newShare(id, id === 'longer' ? { expires: NOW + 5_000 } : {}), { max: 9, now: NOW });
      }
      await state.shares.revoke('revoked', { at: NOW });
      const now = { ...none, deadProperties: 2, sessions: 2, devicePasswords: 1, shares: 2 };
      expect(await state.counts(NOW)).toEqual(now);
      expect(await state.counts(NOW + 1_000)).toEqual({ ...now, sessions: 1, shares: 1 });
    }));
});
