import { baseName, type DrivePath, foldName, isWithin, parentPath, pathKey } from '../drive/path.ts';
import { type DriveItem, foldedNameOf } from '../graph/drive-item.ts';
import type { Known } from './metadata-node.ts';

/** The subject of a load: one item, a folder with its members, or everything known. */
export type LoadScope = 'item' | 'members' | 'everything';

/** A load that has begun, and the changes since. */
export interface Load {
  /** When it began, in milliseconds. */
  readonly at: number;
  /** True when its result may be older than the current knowledge. */
  readonly isOutdated: boolean;
  /** The folded names of members that have changed since, for a load of members. */
  readonly changedMembers: ReadonlySet<string>;
}

interface RunningLoad extends Load {
  readonly path: DrivePath;
  readonly scope: LoadScope;
  readonly changedMembers: Set<string>;
  isOutdated: boolean;
}

/** The loads that wait for Graph. A change outdates those that may have read the state before it, and no others. */
export class LoadsUnderWay {
  readonly #running = new Set<RunningLoad>();

  /** Runs `load`, and returns its result together with the changes meanwhile. */
  async run<T>(
    { path, scope, at }: { path: DrivePath; scope: LoadScope; at: number },
    load: () => Promise<T>,
  ): Promise<{ result: T; load: Load }> {
    const running: RunningLoad = { path, scope, at, isOutdated: false, changedMembers: new Set() };
    this.#running.add(running);
    try {
      return { result: await load(), load: running };
    } finally {
      this.#running.delete(running);
    }
  }

  /** Notes a change of the item at `path`, with everything below it. */
  changed(path: DrivePath): void {
    const folder = pathKey(parentPath(path));
    for (const load of this.#running) {
      if (load.scope === 'everything' || isWithin(load.path, path)) {
        load.isOutdated = true;
      } else if (load.scope === 'members' && pathKey(load.path) === folder) {
        load.changedMembers.add(foldName(baseName(path)));
      }
    }
  }

  /** Notes changes at unknown places. */
  allChanged(): void {
    for (const load of this.#running) {
      load.isOutdated = true;
    }
  }
}

/**
 * The members of a folder that `load` has listed, with those that have changed meanwhile as `known` has them; undefined
 * when their state is not known.
 */
export function withChanges(
  listed: readonly DriveItem[],
  { changedMembers }: Load,
  known: (name: string) => Known | undefined,
): readonly DriveItem[] | undefined {
  if (changedMembers.size === 0) {
    return listed;
  }
  const isChanged = (item: DriveItem) => changedMembers.has(foldedNameOf(item));
  const replaced = listed.filter(isChanged).map(foldedNameOf);
  // Of two items with one name only one is known; a listing must not hide the other.
  const hasTwins = new Set(replaced).size < replaced.length;
  const now = [...changedMembers].map(known);
  return hasTwins || now.includes(undefined)
    ? undefined
    : [...listed.filter(item => !isChanged(item)), ...now.filter(item => item !== null && item !== undefined)];
}
