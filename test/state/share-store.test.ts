import { expect, it } from 'vitest';
import { listShares, revokeShares } from '../../src/state/sqlite/share-list.ts';
import { openState } from '../../src/state/sqlite/state.ts';
import { describeShareStore, NOW, newShare, stored } from '../contracts/share-store.ts';
import { ENGINES } from '../support/state-engines.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { withRestarts } from './sqlite/temp-state.ts';

for (const engine of ENGINES) {
  describeShareStore(engine);
}

const LIMIT = { max: 9, now: NOW };

it('shares survive a restart', () =>
  withRestarts(
    ({ shares }) => shares.add(newShare('a'), LIMIT),
    async ({ shares }) => expect(await shares.find('digest of a')).toEqual(stored(newShare('a'))),
  ));

it('a command beside the server lists and revokes shares, and the server sees it at once', async () => {
  await using folder = await makeTempDir();
  expect(() => listShares(folder.path)).toThrow('there is no state in');
  const state = openState(folder.path);
  await state.shares.add(newShare('a'), LIMIT);
  await state.shares.add(newShare('b'), LIMIT);
  expect(listShares(folder.path)).toEqual([stored(newShare('a')), stored(newShare('b'))]);
  expect(revokeShares(folder.path, ['a', 'nothing'], NOW + 5)).toBe(1);
  expect(revokeShares(folder.path, ['a'], NOW + 6)).toBe(0);
  expect((await state.shares.find('digest of a'))?.revoked).toBe(NOW + 5);
  expect((await state.shares.find('digest of b'))?.revoked).toBeUndefined();
  await state.close();
});
