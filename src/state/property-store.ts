/** A property that the server keeps without knowing what it means (RFC 4918 §4.3, "dead"). */
export interface DeadProperty {
  /** `''` is no namespace. */
  readonly namespace: string;
  readonly name: string;
  /**
   * The whole element with its attributes and content, as XML that stands by itself: it declares every prefix that it
   * uses.
   */
  readonly xml: string;
}

/** What is changed in one step; `remove` goes first. */
export interface PropertyChanges {
  readonly set: readonly DeadProperty[];
  readonly remove: readonly { readonly namespace: string; readonly name: string }[];
}

/**
 * Dead properties by item, so that they survive rename and move. `scope` names the drive that the item is in; an item
 * id means nothing outside of it. Each call is one step: wholly before or wholly after any other.
 * `test/contracts/property-store.ts` is the suite of its implementations.
 */
export interface PropertyStore {
  /** All properties of an item, in the order of namespace and name, by code point. */
  list(scope: string, itemId: string): Promise<readonly DeadProperty[]>;
  /** Those of many items of one scope, by item id, in the same order; items without any are left out. */
  listEach(scope: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, readonly DeadProperty[]>>;
  /** Applies all changes or, when it rejects, none. `remove` of what is not there is no error (RFC 4918 §14.23). */
  change(scope: string, itemId: string, changes: PropertyChanges): Promise<void>;
  /** Makes the properties of `to` those of `from`; what `to` had before is gone. The two may be in different scopes. */
  copy(
    from: { readonly scope: string; readonly itemId: string },
    to: { readonly scope: string; readonly itemId: string },
  ): Promise<void>;
  /** Forgets all properties of an item. */
  delete(scope: string, itemId: string): Promise<void>;
  /** True when any item of the scope has a property: when not, there is nothing to look for in a tree. */
  isUsed(scope: string): Promise<boolean>;
}
