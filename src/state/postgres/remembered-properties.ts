import type { Peers } from '../peers.ts';
import type { PropertyStore } from '../property-store.ts';

/** Scopes are drives; of more than so many, the longest unused ones are asked for again. */
const MAX_SCOPES = 10_000;

/**
 * Answers without a query for drives that have no dead properties, nearly all, and tells the others of each change before
 * its client hears of it.
 */
export function withPropertyMemory(store: PropertyStore, peers: Peers): PropertyStore {
  /** By scope: grows with each change. */
  const versions = new Map<string, number>();
  /** Scopes that had no property at a version. */
  const unused = new Map<string, number>();
  let latest = 0;
  let base = 0;
  const note = (scope: string) => {
    latest += 1;
    versions.set(scope, latest);
  };
  const forget = () => {
    latest += 1;
    base = latest;
    versions.clear();
    unused.clear();
  };
  peers.on('properties', ({ scope }) => note(scope));
  peers.onGap(forget);
  const versionOf = (scope: string) => versions.get(scope) ?? base;
  const isUnused = (scope: string) => peers.isCurrent() && unused.get(scope) === versionOf(scope);
  const isUsed = async (scope: string) => {
    if (isUnused(scope)) {
      return false;
    }
    const before = versionOf(scope);
    const found = await store.isUsed(scope);
    if (!found) {
      if (unused.size >= MAX_SCOPES) {
        unused.clear();
      }
      unused.set(scope, before);
    }
    return found;
  };
  const changing = async (scope: string, change: () => Promise<void>) => {
    note(scope);
    try {
      await change();
    } finally {
      // Again: what was read in between may be from before.
      note(scope);
      await peers.tell('properties', { scope });
    }
  };
  return {
    version: scope => {
      if (!peers.isCurrent()) {
        forget();
      }
      return versionOf(scope);
    },
    list: async (scope, itemId) => ((await isUsed(scope)) ? store.list(scope, itemId) : []),
    listEach: async (scope, itemIds) => ((await isUsed(scope)) ? store.listEach(scope, itemIds) : new Map()),
    isUsed,
    change: (scope, itemId, changes) => changing(scope, () => store.change(scope, itemId, changes)),
    copy: async (from, to) => {
      if ((await isUsed(from.scope)) || (await isUsed(to.scope))) {
        await changing(to.scope, () => store.copy(from, to));
      }
    },
    delete: async (scope, itemId) => {
      if (await isUsed(scope)) {
        await changing(scope, () => store.delete(scope, itemId));
      }
    },
  };
}
