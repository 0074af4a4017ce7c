import { describe, expect, it } from 'vitest';
import type { DeadProperty, PropertyStore } from '../../src/state/property-store.ts';

/** A property whose value can be told from others. */
export function property(namespace: string, name: string, value = ''): DeadProperty {
  return { namespace, name, xml: `<x:${name} xmlns:x="${namespace}">${value}</x:${name}>` };
}

/** The promises of `src/state/property-store.ts`. */
export function describePropertyStore(
  name: string,
  withStore: (use: (store: PropertyStore) => void) => Promise<void>,
): void {
  describe(`${name} keeps the property store contract`, () => {
    const [a, b] = [property('urn:x', 'a'), property('urn:x', 'b')];
    const names = (properties: readonly DeadProperty[]) => properties.map(p => p.name);

    it('gives properties back as they were set, and none for an item without', () =>
      withStore(store => {
        const odd = { namespace: '', name: 'größe', xml: '<größe xml:lang="de">1 &lt; 2 😀</größe>' };
        store.change('drive', 'item', { set: [odd], remove: [] });
        expect(store.list('drive', 'item')).toEqual([odd]);
        expect(store.list('drive', 'other')).toEqual([]);
      }));

    it('lists by namespace and name in the order of code points', () =>
      withStore(store => {
        const sorted = [
          property('', 'z'),
          property('urn:x', 'A'),
          property('urn:x', 'a'),
          property('urn:x', 'ab'),
          property('urn:x', '\ufb01'),
          property('urn:x', '\u{10000}'),
          property('urn:\u{10000}', 'a'),
        ];
        store.change('drive', 'item', { set: sorted.toReversed(), remove: [] });
        expect(store.list('drive', 'item')).toEqual(sorted);
      }));

    it('replaces a property of the same namespace and name, the last one set being right', () =>
      withStore(store => {
        const [first, second, third] = ['1', '2', '3'].map(value => property('urn:x', 'a', value)) as [
          DeadProperty,
          DeadProperty,
          DeadProperty,
        ];
        const other = property('urn:y', 'a', 'other');
        store.change('drive', 'item', { set: [first, other], remove: [] });
        store.change('drive', 'item', { set: [second, third], remove: [] });
        expect(store.list('drive', 'item')).toEqual([third, other]);
      }));

    it('removes what is named, and does not mind what is not there', () =>
      withStore(store => {
        store.change('drive', 'item', { set: [a, b], remove: [] });
        const missing = { namespace: 'urn:y', name: 'b' };
        store.change('drive', 'item', { set: [], remove: [{ namespace: 'urn:x', name: 'a' }, missing] });
        expect(store.list('drive', 'item')).toEqual([b]);
      }));

    it('removes before it sets', () =>
      withStore(store => {
        store.change('drive', 'item', { set: [a], remove: [a] });
        expect(store.list('drive', 'item')).toEqual([a]);
      }));

    it('changes nothing when a change throws half-way', () =>
      withStore(store => {
        const broken = {
          ...b,
          get name(): string {
            throw new Error('broken');
          },
        };
        store.change('drive', 'item', { set: [a], remove: [] });
        const changes = { set: [property('urn:x', 'a', 'new'), b, broken], remove: [a] };
        expect(() => store.change('drive', 'item', changes)).toThrow('broken');
        expect(store.list('drive', 'item')).toEqual([a]);
        store.change('drive', 'item', { set: [b], remove: [] });
        expect(store.list('drive', 'item')).toEqual([a, b]);
      }));

    it('keeps items of the same id in two scopes apart', () =>
      withStore(store => {
        store.change('one', 'item', { set: [a], remove: [] });
        store.change('two', 'item', { set: [b], remove: [] });
        store.delete('one', 'item');
        expect([store.list('one', 'item'), store.list('two', 'item')]).toEqual([[], [b]]);
      }));

    it('copies all properties, also to another scope, and drops what the target had', () =>
      withStore(store => {
        store.change('one', 'from', { set: [a], remove: [] });
        store.change('two', 'to', { set: [b], remove: [] });
        store.copy({ scope: 'one', itemId: 'from' }, { scope: 'two', itemId: 'to' });
        store.change('two', 'to', { set: [property('urn:x', 'c')], remove: [] });
        expect(names(store.list('two', 'to'))).toEqual(['a', 'c']);
        expect(store.list('one', 'from')).toEqual([a]);
      }));

    it('leaves the target without any when the source has none', () =>
      withStore(store => {
        store.change('drive', 'to', { set: [b], remove: [] });
        store.copy({ scope: 'drive', itemId: 'from' }, { scope: 'drive', itemId: 'to' });
        expect(store.list('drive', 'to')).toEqual([]);
      }));

    it('loses nothing when an item is copied to itself', () =>
      withStore(store => {
        const item = { scope: 'drive', itemId: 'item' };
        store.change('drive', 'item', { set: [a, b], remove: [] });
        store.copy(item, { ...item });
        expect(store.list('drive', 'item')).toEqual([a, b]);
      }));

    it('says whether any item of a scope has a property', () =>
      withStore(store => {
        const used = () => ['one', 'two'].map(scope => store.isUsed(scope));
        expect(used()).toEqual([false, false]);
        store.change('one', 'item', { set: [a], remove: [] });
        expect(used()).toEqual([true, false]);
        store.copy({ scope: 'one', itemId: 'item' }, { scope: 'two', itemId: 'item' });
        store.delete('one', 'item');
        expect(used()).toEqual([false, true]);
        store.change('two', 'item', { set: [], remove: [a] });
        expect(used()).toEqual([false, false]);
      }));
  });
}
