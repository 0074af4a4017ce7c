/** A property that the server keeps without knowing its meaning (RFC 4918 §4.3, "dead"). */
export interface DeadProperty {
  /** `''` means no namespace. */
  readonly namespace: string;
  readonly name: string;
  /**
   * The whole element with its attributes and content, as self-contained XML: it declares every prefix that it uses.
   */
  readonly xml: string;
}

/** The changes of one step; `remove` is applied first. */
export interface PropertyChanges {
  readonly set: readonly DeadProperty[];
  readonly remove: readonly { readonly namespace: string; readonly name: string }[];
}

/**
 * Dead properties by item, so that they survive rename and move. `scope` names the item's drive; an item id is only
 * meaningful within it. Each call is one step: wholly before or wholly after any other.
 * `test/contracts/property-store.ts` is the suite of its implementations.
 */
export interface PropertyStore {
  /**
   * An optional capability: returns a number that grows with each change of a property in the scope. Only an engine in
   * which no other process changes properties can have it.
   */
  readonly version?: (scope: string) => number;
  /** Returns all properties of an item, ordered by namespace and name, by code point. */
  list(scope: string, itemId: string): Promise<readonly DeadProperty[]>;
  /** Returns those of many items of one scope, by item id, in the same order; omits items without any. */
  listEach(scope: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, readonly DeadProperty[]>>;
  /** Applies all changes or, when it rejects, none. Removing a missing property is no error (RFC 4918 §14.23). */
  change(scope: string, itemId: string, changes: PropertyChanges): Promise<void>;
  /** Copies the properties of `from` to `to`, replacing those of `to`. The two may be in different scopes. */
  copy(
    from: { readonly scope: string; readonly itemId: string },
    to: { readonly scope: string; readonly itemId: string },
  ): Promise<void>;
  /** Deletes all properties of an item. */
  delete(scope: string, itemId: string): Promise<void>;
  /** Returns true when any item of the scope has a property; otherwise a tree need not be searched. */
  isUsed(scope: string): Promise<boolean>;
}
