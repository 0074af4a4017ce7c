import { describe, expect, it } from 'vitest';
import type { DriveIdStore } from '../../src/state/drive-id-store.ts';

/** The promises of `src/state/drive-id-store.ts`. */
export function describeDriveIdStore(
  name: string,
  withStore: (use: (store: DriveIdStore) => void) => Promise<void>,
): void {
  describe(`${name} keeps the drive id store contract`, () => {
    const ada = { tenantId: 't1', mailbox: 'ada@contoso.com' };

    it('gives what was set last, by tenant and mailbox', () =>
      withStore(store => {
        store.set(ada, 'old');
        store.set(ada, 'new');
        store.set({ ...ada, tenantId: 't2' }, 'other');
        expect([store.get(ada), store.get({ ...ada, tenantId: 't2' }), store.get({ ...ada, mailbox: 'x' })]).toEqual([
          'new',
          'other',
          undefined,
        ]);
      }));

    it('forgets what was deleted', () =>
      withStore(store => {
        store.set(ada, 'drive');
        store.delete(ada);
        store.delete(ada);
        expect(store.get(ada)).toBeUndefined();
      }));
  });
}
