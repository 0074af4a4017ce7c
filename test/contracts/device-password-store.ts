import { describe, expect, it } from 'vitest';
import {
  ADDRESSES_KEPT,
  type DevicePassword,
  type DevicePasswordStore,
  EXPIRED_KEPT_MS,
} from '../../src/state/device-password-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

const NOW = 1_800_000_000_000;
const LIMIT = { max: 20, now: NOW };

export function devicePassword(id: string, change: Partial<DevicePassword> = {}): DevicePassword {
  return {
    id,
    tenantId: 't1',
    userId: 'ada',
    principal: 'ada@contoso.com',
    name: `Ada's "${id}" äß`,
    digest: `digest of ${id}`,
    created: NOW,
    expires: undefined,
    readOnly: false,
    below: undefined,
    lastUse: undefined,
    ...change,
  };
}

/** The promises of `src/state/device-password-store.ts`. */
export function describeDevicePasswordStore(engine: Engine): void {
  const withStore = (use: (store: DevicePasswordStore) => Promise<void>) =>
    withEngine(engine, ({ devicePasswords }) => use(devicePasswords));
  const idsOf = async (store: DevicePasswordStore, userId?: string) => (await store.list(userId)).map(({ id }) => id);
  const use = (address: string, at = NOW) => ({ at, address, client: 'rclone/v1.60' });

  describe(`${engine.name} keeps the contract of device passwords`, () => {
    it('finds a password by its digest, as it was added, an expired one too', () =>
      withStore(async store => {
        const narrow = devicePassword('b', {
          ...{ expires: NOW - 1, readOnly: true, below: ['ada', 'A "folder", ß'] },
          lastUse: { at: NOW - 5, address: '::1', client: '' },
        });
        expect(await store.add(devicePassword('a'), LIMIT)).toBe(true);
        expect(await store.add(narrow, LIMIT)).toBe(true);
        expect(await store.find('digest of a')).toEqual(devicePassword('a'));
        expect(await store.find('digest of b')).toEqual(narrow);
        expect(await store.find('digest of c')).toBeUndefined();
      }));

    it('lists those of one person, and of everybody, oldest first', () =>
      withStore(async store => {
        await store.add(devicePassword('new', { created: NOW + 2 }), LIMIT);
        await store.add(devicePassword('of bob', { userId: 'bob', created: NOW + 1 }), LIMIT);
        await store.add(devicePassword('old'), LIMIT);
        expect(await idsOf(store, 'ada')).toEqual(['old', 'new']);
        expect(await idsOf(store)).toEqual(['old', 'of bob', 'new']);
        expect(await idsOf(store, 'eve')).toEqual([]);
      }));

    it('never adds one digest or one id twice', () =>
      withStore(async store => {
        await store.add(devicePassword('a'), LIMIT);
        await expect(store.add(devicePassword('a', { digest: 'other', name: 'x' }), LIMIT)).rejects.toThrow();
        await expect(store.add(devicePassword('b', { digest: 'digest of a' }), LIMIT)).rejects.toThrow();
        expect(await store.list()).toEqual([devicePassword('a')]);
      }));

    it('adds no more than the limit of a person; expired ones do not count', () =>
      withStore(async store => {
        const limit = { max: 2, now: NOW };
        await store.add(devicePassword('expired', { expires: NOW }), limit);
        await store.add(devicePassword('of bob', { userId: 'bob' }), limit);
        const ids = ['a', 'b', 'c'];
        const added = await Promise.all(ids.map(id => store.add(devicePassword(id, { expires: NOW + 1 }), limit)));
        expect(added.sort()).toEqual([false, true, true]);
        expect(await store.list('ada')).toHaveLength(3);
        expect(await store.add(devicePassword('d'), limit)).toBe(false);
        expect(await store.add(devicePassword('d'), { max: 2, now: NOW + 1 })).toBe(true);
      }));

    it('drops those of the person that ended long ago', () =>
      withStore(async store => {
        await store.add(devicePassword('ended', { expires: NOW }), LIMIT);
        await store.add(devicePassword('of bob', { userId: 'bob', expires: NOW }), LIMIT);
        await store.add(devicePassword('b', { created: NOW + 1 }), { ...LIMIT, now: NOW + EXPIRED_KEPT_MS });
        expect(await idsOf(store)).toEqual(['ended', 'of bob', 'b']);
        await store.add(devicePassword('c', { created: NOW + 2 }), { ...LIMIT, now: NOW + EXPIRED_KEPT_MS + 1 });
        expect(await idsOf(store)).toEqual(['of bob', 'b', 'c']);
      }));

    it('records the last use, and tells new addresses of each password from known ones', () =>
      withStore(async store => {
        await store.add(devicePassword('a'), LIMIT);
        await store.add(devicePassword('b'), LIMIT);
        expect(await store.used('a', use('192.0.2.1'))).toBe(true);
        expect(await store.used('a', use('192.0.2.1', NOW + 1))).toBe(false);
        expect(await store.used('b', use('192.0.2.1', NOW + 2))).toBe(true);
        expect(await store.used('a', use('192.0.2.2', NOW + 3))).toBe(true);
        expect(await store.used('a', use('192.0.2.1', NOW + 4))).toBe(false);
        expect((await store.find('digest of a'))?.lastUse).toEqual(use('192.0.2.1', NOW + 4));
        expect((await store.find('digest of b'))?.lastUse).toEqual(use('192.0.2.1', NOW + 2));
      }));

    it('knows the addresses that were used last', () =>
      withStore(async store => {
        await store.add(devicePassword('a'), LIMIT);
        for (let n = 0; n <= ADDRESSES_KEPT; n += 1) {
          // The first one is used again before it would be the oldest.
          await store.used('a', use('first', NOW + n));
          expect(await store.used('a', use(`address ${n}`, NOW + n))).toBe(true);
        }
        expect(await store.used('a', use('first', NOW + 500))).toBe(false);
        expect(await store.used('a', use(`address ${ADDRESSES_KEPT}`, NOW + 500))).toBe(false);
        expect(await store.used('a', use('address 0', NOW + 500))).toBe(true);
      }));

    it('knows no use of a removed password', () =>
      withStore(async store => {
        await store.add(devicePassword('a'), LIMIT);
        await store.used('a', use('192.0.2.1'));
        await store.remove('ada', 'a');
        expect(await store.used('a', use('192.0.2.1'))).toBe(false);
        await store.add(devicePassword('a'), LIMIT);
        expect((await store.find('digest of a'))?.lastUse).toBeUndefined();
        expect(await store.used('a', use('192.0.2.1'))).toBe(true);
      }));

    it('removes one of a person, but not one of somebody else', () =>
      withStore(async store => {
        await store.add(devicePassword('a'), LIMIT);
        await store.add(devicePassword('b'), LIMIT);
        expect(await store.remove('bob', 'a')).toBe(false);
        expect(await store.remove('ada', 'never')).toBe(false);
        expect(await store.remove('ada', 'a')).toBe(true);
        expect(await store.remove('ada', 'a')).toBe(false);
        expect(await store.find('digest of a')).toBeUndefined();
        expect(await idsOf(store)).toEqual(['b']);
      }));

    it('removes all of a person', () =>
      withStore(async store => {
        await store.add(devicePassword('a'), LIMIT);
        await store.add(devicePassword('b', { expires: NOW - 1 }), LIMIT);
        await store.add(devicePassword('c', { userId: 'bob' }), LIMIT);
        expect(await store.removeAll('ada')).toBe(2);
        expect(await store.removeAll('ada')).toBe(0);
        expect(await idsOf(store)).toEqual(['c']);
      }));
  });
}
