import { describe, expect, it } from 'vitest';
import type { DriveIdStore } from '../../src/state/drive-id-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

/** The promises of `src/state/drive-id-store.ts`. */
export function describeDriveIdStore(engine: Engine): void {
  const withStore = (use: (store: DriveIdStore) => Promise<void>) =>
    withEngine(engine, ({ driveIds }) => use(driveIds));
  describe(`${engine.name} keeps the drive id store contract`, () => {
    const ada = { tenantId: 't1', mailbox: 'ada@contoso.com' };

    it('gives the value that was set last, by tenant and mailbox', () =>
      withStore(async store => {
        await store.set(ada, 'old');
        await store.set(ada, 'new');
        await store.set({ ...ada, tenantId: 't2' }, 'other');
        const keys = [ada, { ...ada, tenantId: 't2' }, { ...ada, mailbox: 'x' }];
        expect(await Promise.all(keys.map(key => store.get(key)))).toEqual(['new', 'other', undefined]);
      }));

    it('lists those of a tenant', () =>
      withStore(async store => {
        await store.set(ada, 'one');
        await store.set({ ...ada, mailbox: 'x' }, 'two');
        await store.set({ ...ada, tenantId: 't2' }, 'other');
        expect([...(await store.list('t1'))].sort()).toEqual([
          ['ada@contoso.com', 'one'],
          ['x', 'two'],
        ]);
        expect([...(await store.list('t3'))]).toEqual([]);
      }));

    it('forgets a deleted value', () =>
      withStore(async store => {
        await store.set(ada, 'drive');
        await store.delete(ada);
        await store.delete(ada);
        expect(await store.get(ada)).toBeUndefined();
      }));
  });
}
