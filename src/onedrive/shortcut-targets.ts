import type { Drive } from '../drive/drive.ts';
import { DriveError } from '../drive/errors.ts';
import { childPath, type DrivePath, ROOT, toDrivePath } from '../drive/path.ts';
import { isItemAbsent } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { getItem } from '../graph/items.ts';
import type { DriveItem, RemoteItem } from '../graph/normalize.ts';
import type { Clock } from '../lib/clock.ts';

export interface ShortcutTargetsOptions {
  readonly graph: Graph;
  readonly clock: Clock;
  /** How long a target's path is considered current, in milliseconds. */
  readonly ttlMs: number;
  /** Returns the whole drive with an id; always the same object for the same id. */
  readonly driveOf: (driveId: string) => Drive;
}

/** Finds the targets of one tenant's shortcuts. Graph identifies them by id, a `Drive` by path. */
export class ShortcutTargets {
  readonly #options: ShortcutTargetsOptions;
  readonly #paths = new Map<string, { readonly path: DrivePath; readonly until: number }>();

  constructor(options: ShortcutTargetsOptions) {
    this.#options = options;
  }

  /**
   * Returns the target's drive and path; undefined without a target. Throws `not-found` when Graph itself says that the
   * target is gone, `forbidden` when the application may not read it.
   */
  async open(
    target: RemoteItem | undefined,
    signal: AbortSignal,
  ): Promise<{ drive: Drive; path: DrivePath } | undefined> {
    if (target === undefined) {
      return undefined;
    }
    const { clock, ttlMs, driveOf } = this.#options;
    const drive = driveOf(target.driveId);
    const key = `${target.driveId} ${target.id}`;
    const known = this.#paths.get(key);
    if (known !== undefined && known.until > clock.now()) {
      return { drive, path: known.path };
    }
    this.#paths.delete(key);
    const path = await this.#find(target, drive, signal);
    this.#paths.set(key, { path, until: clock.now() + ttlMs });
    return { drive, path };
  }

  async #find(target: RemoteItem, drive: Drive, signal: AbortSignal): Promise<DrivePath> {
    const item = await getItem(this.#options.graph.call, target, signal, { isKnown: true });
    for (const path of pathsOf(item)) {
      const entry = await drive.stat(path, { signal }).catch(unlessAbsent);
      if (path.length === 0 || entry?.id === item.id) {
        return path;
      }
    }
    throw new DriveError('unavailable', `cannot follow a shortcut to "${item.name}": it is being moved`, {
      retryAfterSeconds: 5,
    });
  }
}

/** Returns the path as Graph writes it, and decoded: Graph encodes some paths and not others. */
function pathsOf({ name, parentPath, parentId }: DriveItem): DrivePath[] {
  if (parentId === undefined) {
    return [ROOT];
  }
  const text = parentPath?.split('/root:')[1] ?? '';
  const texts = new Set([text, decoded(text)]);
  return [...texts].map(each => childPath(toDrivePath(each.split('/').filter(part => part !== '')), name));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unlessAbsent(error: unknown): undefined {
  if (isItemAbsent(error) || (error instanceof DriveError && error.code === 'not-found')) {
    return undefined;
  }
  throw error;
}
