import { expect, it } from 'vitest';
import { createMemoryPropertyStore } from '../../src/state/property-store.ts';
import { describePropertyStore, property } from '../contracts/property-store.ts';
import { withRestarts } from './temp-state.ts';

describePropertyStore('the memory store', async use => use(createMemoryPropertyStore()));
describePropertyStore('the SQLite store', use => withRestarts(state => use(state.properties)));

it('dead properties survive a restart', () => {
  const properties = [property('', 'a', '1'), property('urn:x', 'b', '😀')];
  return withRestarts(
    state => state.properties.change('drive', 'item', { set: properties, remove: [] }),
    state => {
      expect(state.properties.list('drive', 'item')).toEqual(properties);
      expect(state.properties.isUsed('drive')).toBe(true);
    },
  );
});
