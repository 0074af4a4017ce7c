import type { CopyOptions, TransferOptions, TransferResult } from '../drive/drive.ts';
import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, formatPath, joinPaths, parentPath, pathKey } from '../drive/path.ts';
import type { Graph } from '../graph/graph.ts';
import { updateItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { checkTransferPaths, copyFolderAlone, copyItemTo, isRespelling, moveItem, replacing } from './changes.ts';
import { refuseUnwritable } from './expectations.ts';
import { fromChangeError } from './from-graph-error.ts';
import type { Intents } from './intents.ts';
import type { MetadataCache } from './metadata-cache.ts';
import type { OpenDrive } from './open-drive.ts';
import { type Resolver, refuseShortcut } from './resolve.ts';

export interface TransfersParts {
  readonly graph: Graph;
  readonly intents: Intents;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
  readonly cache: MetadataCache;
  /** The mounted folder; the paths of transfers are below it. */
  readonly root: DrivePath;
}

/** Copies and moves within one drive. */
export class Transfers {
  readonly #parts: TransfersParts;

  constructor(parts: TransfersParts) {
    this.#parts = parts;
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    const { transfer, created } = await this.#prepareTransfer(from, to, options);
    refuseShortcut(transfer.source, this.#full(from));
    const isShallow = options.depth === 0 && transfer.source.kind === 'folder';
    const copyNow = () => (isShallow ? copyFolderAlone : copyItemTo)(this.#changeTools(), transfer);
    await this.#changing([to], () => replacing(options, copyNow));
    return { created };
  }

  async move(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    if (isRespelling(from, to)) {
      return this.#respell(from, to, options.signal);
    }
    const { transfer, created } = await this.#prepareTransfer(from, to, options);
    await this.#changing([from, to], () => replacing(options, () => moveItem(this.#changeTools(), transfer)));
    return { created };
  }

  async #prepareTransfer(from: DrivePath, to: DrivePath, { overwrite, signal }: TransferOptions) {
    const [fullFrom, fullTo] = [this.#full(from), this.#full(to)];
    // One look at the folder of a new name shows the old one too.
    const isRename = pathKey(parentPath(fullFrom)) === pathKey(parentPath(fullTo));
    const source = await this.#parts.resolver[isRename ? 'itemForWrite' : 'item'](fullFrom, signal);
    checkTransferPaths(from, to);
    refuseUnwritable(to, this.#full(to));
    const taken = await this.#parts.resolver.findForWrite(fullTo, signal);
    const parent = await this.#parts.resolver.parent(fullTo, signal);
    if (taken !== null && !overwrite) {
      throw new DriveError('exists', `cannot put anything at ${formatPath(to)}: the name is taken`);
    }
    const driveId = await this.#parts.open.id(signal);
    return { transfer: { driveId, source, parent, name: baseName(to), taken, signal }, created: taken === null };
  }

  async #respell(from: DrivePath, to: DrivePath, signal: AbortSignal): Promise<TransferResult> {
    const source = await this.#parts.resolver.item(this.#full(from), signal);
    const driveId = await this.#parts.open.id(signal);
    const times = { created: source.created, modified: source.modified };
    const change = { name: baseName(to), times, conflict: 'fail' } as const;
    await this.#changing([from, to], () =>
      updateItem(this.#parts.graph.call, { driveId, id: source.id }, change, signal),
    );
    return { created: true };
  }

  /** Changes the items at `paths`; the result is at the last one. Forgets what was known about them in any case. */
  async #changing(paths: readonly DrivePath[], change: () => Promise<DriveItem>): Promise<void> {
    const forget = () => {
      for (const path of paths) {
        this.#parts.cache.forgetTree(this.#full(path));
      }
    };
    try {
      const item = await change();
      forget();
      for (const path of paths.slice(0, -1)) {
        this.#parts.cache.remove(this.#full(path));
      }
      this.#parts.cache.put(this.#full(paths.at(-1)!), item);
    } catch (error) {
      forget();
      throw fromChangeError(error);
    }
  }

  #changeTools() {
    return { graph: this.#parts.graph, intents: this.#parts.intents };
  }

  #full(path: DrivePath): DrivePath {
    return joinPaths(this.#parts.root, path);
  }
}
