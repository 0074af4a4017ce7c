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
  /** How long a target is believed to stay where it was, in milliseconds. */
  readonly ttlMs: number;
  /** The whole drive of an id; the same one for the same id. */
  readonly driveOf: (driveId: string) => Drive;
}

/** The places that shortcuts of one tenant lead to. Graph knows them by id, and a `Drive` by path. */
export class ShortcutTargets {
  readonly #options: ShortcutTargetsOptions;
  readonly #paths = new Map<string, { readonly path: DrivePath; readonly until: number }>();

  constructor(options: ShortcutTargetsOptions) {
    this.#options = options;
  }

  /**
   * Undefined without a target. Throws `not-found` when Graph itself says that the target is gone, `forbidden` when
   * the application may not read it.
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

/** The path as Graph writes it, and the same decoded: it encodes some paths and not others. */
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
