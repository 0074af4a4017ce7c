import { expect, it } from 'vitest';
import { describePropertyStore, property } from '../contracts/property-store.ts';
import { ENGINES } from '../support/state-engines.ts';
import { withRestarts } from './sqlite/temp-state.ts';

for (const engine of ENGINES) {
  describePropertyStore(engine);
}

it('dead properties survive a restart', () => {
  const properties = [property('', 'a', '1'), property('urn:x', 'b', '😀')];
  return withRestarts(
    state => state.properties.change('drive', 'item', { set: properties, remove: [] }),
    async state => {
      expect(await state.properties.list('drive', 'item')).toEqual(properties);
      expect(await state.properties.isUsed('drive')).toBe(true);
    },
  );
});
