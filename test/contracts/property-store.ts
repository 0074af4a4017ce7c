import { describe, expect, it } from 'vitest';
import type { DeadProperty, PropertyStore } from '../../src/state/property-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

/** A property whose value can be told from others. */
export function property(namespace: string, name: string, value = ''): DeadProperty {
  return { namespace, name, xml: `<x:${name} xmlns:x="${namespace}">${value}</x:${name}>` };
}

/** The promises of `src/state/property-store.ts`. */
export function describePropertyStore(engine: Engine): void {
  const withStore = (use: (store: PropertyStore) => Promise<void>) =>
    withEngine(engine, ({ properties }) => use(properties));
  describe(`${engine.name} keeps the property store contract`, () => {
    const [a, b] = [property('urn:x', 'a'), property('urn:x', 'b')];
    const names = (properties: readonly DeadProperty[]) => properties.map(p => p.name);

    it('gives properties back as they were set, and none for an item without', () =>
      withStore(async store => {
        const odd = { namespace: '', name: 'größe', xml: '<größe xml:lang="de">1 &lt; 2 😀</größe>' };
        await store.change('drive', 'item', { set: [odd], remove: [] });
        expect(await store.list('drive', 'item')).toEqual([odd]);
        expect(await store.list('drive', 'other')).toEqual([]);
      }));

    it('lists by namespace and name in the order of code points', () =>
      withStore(async store => {
        const sorted = [
          property('', 'z'),
          property('urn:x', 'A'),
          property('urn:x', 'a'),
          property('urn:x', 'ab'),
          property('urn:x', '\ufb01'),
          property('urn:x', '\u{10000}'),
          property('urn:\u{10000}', 'a'),
        ];
        await store.change('drive', 'item', { set: sorted.toReversed(), remove: [] });
        expect(await store.list('drive', 'item')).toEqual(sorted);
      }));

    it('lists many items of a scope at once as it lists each, and leaves out those that have none', () =>
      withStore(async store => {
        await store.change('drive', 'one', { set: [b, a], remove: [] });
        await store.change('drive', "o'ne\\", { set: [b], remove: [] });
        await store.change('other', 'two', { set: [a], remove: [] });
        await store.change('drive', 'three', { set: [a], remove: [] });
        const found = await store.listEach('drive', ['one', "o'ne\\", 'two', 'none', 'one']);
        expect([...found].sort()).toEqual([
          ["o'ne\\", [b]],
          ['one', [a, b]],
        ]);
        expect([...(await store.listEach('drive', []))]).toEqual([]);
      }));

    it('keeps all of what two set at once', () =>
      withStore(async store => {
        await Promise.all([a, b].map(each => store.change('drive', 'item', { set: [each], remove: [] })));
        expect(await store.list('drive', 'item')).toEqual([a, b]);
      }));

    it('replaces a property of the same namespace and name, the last one set being right', () =>
      withStore(async store => {
        const [first, second, third] = ['1', '2', '3'].map(value => property('urn:x', 'a', value)) as [
          DeadProperty,
          DeadProperty,
          DeadProperty,
        ];
        const other = property('urn:y', 'a', 'other');
        await store.change('drive', 'item', { set: [first, other], remove: [] });
        await store.change('drive', 'item', { set: [second, third], remove: [] });
        expect(await store.list('drive', 'item')).toEqual([third, other]);
      }));

    it('removes the named properties, and ignores missing ones', () =>
      withStore(async store => {
        await store.change('drive', 'item', { set: [a, b], remove: [] });
        const missing = { namespace: 'urn:y', name: 'b' };
        await store.change('drive', 'item', { set: [], remove: [{ namespace: 'urn:x', name: 'a' }, missing] });
        expect(await store.list('drive', 'item')).toEqual([b]);
      }));

    it('removes before it sets', () =>
      withStore(async store => {
        await store.change('drive', 'item', { set: [a], remove: [a] });
        expect(await store.list('drive', 'item')).toEqual([a]);
      }));

    it('changes nothing when a change throws half-way', () =>
      withStore(async store => {
        const broken = {
          ...b,
          get name(): string {
            throw new Error('broken');
          },
        };
        await store.change('drive', 'item', { set: [a], remove: [] });
        const changes = { set: [property('urn:x', 'a', 'new'), b, broken], remove: [a] };
        await expect(store.change('drive', 'item', changes)).rejects.toThrow('broken');
        expect(await store.list('drive', 'item')).toEqual([a]);
        await store.change('drive', 'item', { set: [b], remove: [] });
        expect(await store.list('drive', 'item')).toEqual([a, b]);
      }));

    it('keeps items of the same id in two scopes apart', () =>
      withStore(async store => {
        await store.change('one', 'item', { set: [a], remove: [] });
        await store.change('two', 'item', { set: [b], remove: [] });
        await store.delete('one', 'item');
        expect([await store.list('one', 'item'), await store.list('two', 'item')]).toEqual([[], [b]]);
      }));

    it('copies all properties, also to another scope, and drops those of the target', () =>
      withStore(async store => {
        await store.change('one', 'from', { set: [a], remove: [] });
        await store.change('two', 'to', { set: [b], remove: [] });
        await store.copy({ scope: 'one', itemId: 'from' }, { scope: 'two', itemId: 'to' });
        await store.change('two', 'to', { set: [property('urn:x', 'c')], remove: [] });
        expect(names(await store.list('two', 'to'))).toEqual(['a', 'c']);
        expect(await store.list('one', 'from')).toEqual([a]);
      }));

    it('leaves the target without any when the source has none', () =>
      withStore(async store => {
        await store.change('drive', 'to', { set: [b], remove: [] });
        await store.copy({ scope: 'drive', itemId: 'from' }, { scope: 'drive', itemId: 'to' });
        expect(await store.list('drive', 'to')).toEqual([]);
      }));

    it('loses nothing when an item is copied to itself', () =>
      withStore(async store => {
        const item = { scope: 'drive', itemId: 'item' };
        await store.change('drive', 'item', { set: [a, b], remove: [] });
        await store.copy(item, { ...item });
        expect(await store.list('drive', 'item')).toEqual([a, b]);
      }));

    it('says whether any item of a scope has a property', () =>
      withStore(async store => {
        const used = () => Promise.all(['one', 'two'].map(scope => store.isUsed(scope)));
        expect(await used()).toEqual([false, false]);
        await store.change('one', 'item', { set: [a], remove: [] });
        expect(await used()).toEqual([true, false]);
        await store.copy({ scope: 'one', itemId: 'item' }, { scope: 'two', itemId: 'item' });
        await store.delete('one', 'item');
        expect(await used()).toEqual([false, true]);
        await store.change('two', 'item', { set: [], remove: [a] });
        expect(await used()).toEqual([false, false]);
      }));

    it('has another version of a scope after each change in it, if it has versions', () =>
      withStore(async store => {
        const changes = async (scope: string, work: () => Promise<unknown>) => {
          const before = store.version?.(scope);
          await work();
          return store.version === undefined || store.version(scope) !== before;
        };
        const [one, two] = [
          { scope: 'one', itemId: 'item' },
          { scope: 'two', itemId: 'item' },
        ];
        expect(await store.isUsed('one')).toBe(false);
        expect(await changes('one', () => store.change('one', 'item', { set: [a], remove: [] }))).toBe(true);
        expect(await changes('two', () => store.copy(one, two))).toBe(true);
        expect(await changes('two', () => store.change('two', 'item', { set: [], remove: [a] }))).toBe(true);
        expect(await changes('one', () => store.delete('one', 'item'))).toBe(true);
        expect(await changes('one', () => store.list('one', 'item'))).toBe(store.version === undefined);
      }));
  });
}
