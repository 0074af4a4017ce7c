import { compareUtf8 } from './utf8-order.ts';

/** A property that the server keeps without knowing what it means (RFC 4918 §4.3, "dead"). */
export interface DeadProperty {
  /** `''` is no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** The whole element with its attributes and content, as XML that stands by itself: it declares every prefix that it uses. */
  readonly xml: string;
}

/** What is changed in one step; `remove` goes first. */
export interface PropertyChanges {
  readonly set: readonly DeadProperty[];
  readonly remove: readonly { readonly namespace: string; readonly name: string }[];
}

/**
 * Dead properties by item, so that they survive rename and move. `scope` names the drive that the item is in; an item id means nothing
 * outside of it. `test/contracts/property-store.ts` is the suite of its implementations.
 */
export interface PropertyStore {
  /** All properties of an item, in the order of namespace and name, by code point. */
  list(scope: string, itemId: string): readonly DeadProperty[];
  /** Applies all changes or, when it throws, none. `remove` of what is not there is no error (RFC 4918 §14.23). */
  change(scope: string, itemId: string, changes: PropertyChanges): void;
  /** Makes the properties of `to` those of `from`; what `to` had before is gone. The two may be in different scopes. */
  copy(
    from: { readonly scope: string; readonly itemId: string },
    to: { readonly scope: string; readonly itemId: string },
  ): void;
  /** Forgets all properties of an item. */
  delete(scope: string, itemId: string): void;
  /** True when any item of the scope has a property: when not, there is nothing to look for in a tree. */
  isUsed(scope: string): boolean;
}

/** Nothing survives the process; for tests. */
export function createMemoryPropertyStore(): PropertyStore {
  const scopes = new Map<string, Map<string, readonly DeadProperty[]>>();
  const list = (scope: string, itemId: string) => scopes.get(scope)?.get(itemId) ?? [];
  const keep = (scope: string, itemId: string, properties: readonly DeadProperty[]) => {
    const items = scopes.get(scope) ?? new Map<string, readonly DeadProperty[]>();
    items.set(itemId, properties);
    scopes.set(scope, items);
  };
  return {
    list,
    change: (scope, itemId, changes) => keep(scope, itemId, changed(list(scope, itemId), changes)),
    copy: (from, to) => keep(to.scope, to.itemId, list(from.scope, from.itemId)),
    delete: (scope, itemId) => void scopes.get(scope)?.delete(itemId),
    isUsed: scope => [...(scopes.get(scope)?.values() ?? [])].some(properties => properties.length > 0),
  };
}

function changed(properties: readonly DeadProperty[], { set, remove }: PropertyChanges): DeadProperty[] {
  const result = new Map(properties.map(property => [nameOf(property), property]));
  for (const property of remove) {
    result.delete(nameOf(property));
  }
  for (const property of set) {
    result.set(nameOf(property), property);
  }
  return [...result.values()].sort((a, b) => compareUtf8(a.namespace, b.namespace) || compareUtf8(a.name, b.name));
}

function nameOf({ namespace, name }: Pick<DeadProperty, 'namespace' | 'name'>): string {
  return JSON.stringify([namespace, name]);
}
