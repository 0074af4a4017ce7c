import type { DownloadUrlOptions, ReadOptions } from '../drive/drive.ts';
import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath } from '../drive/path.ts';
import type { Graph } from '../graph/graph.ts';
import { getItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { Log } from '../lib/log.ts';
import { type Download, openDownload } from './download.ts';
import type { DownloadUrls } from './download-urls.ts';
import type { HostHabits } from './host-habits.ts';
import type { OpenDrive } from './open-drive.ts';
import type { FileAddress } from './open-version.ts';
import { type Resolver, refuseShortcut } from './resolve.ts';

export interface FileReaderParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
  readonly urls: DownloadUrls;
  readonly habits: HostHabits;
  readonly log: Log;
}

/** Reads files by path, and finds their download URLs. As in the resolver, errors show last names only. */
export class FileReader {
  readonly #parts: FileReaderParts;
  #hasWarned = false;

  constructor(parts: FileReaderParts) {
    this.#parts = parts;
  }

  /** Opens the file at `path`; needs no call to Graph while the cached version is current. */
  async open(path: DrivePath, { range, signal }: ReadOptions): Promise<Download> {
    const { graph, resolver, urls, habits } = this.#parts;
    const item = asFile(await resolver.item(path, signal), path);
    const url = urls.get(item);
    return openDownload(graph, {
      known: url === undefined ? undefined : { item, url },
      look: () => this.#look(path, signal),
      again: ({ id }) => this.#byId(id, path, signal),
      range,
      signal,
      habits,
      foreignTag: () => this.#warn(path),
    });
  }

  /**
   * Returns the file at `path` with its URL; needs no call to Graph when one is known. `fresh`: the last one did not
   * work.
   */
  async address(path: DrivePath, { fresh, signal, basis }: DownloadUrlOptions): Promise<FileAddress> {
    const { resolver, urls } = this.#parts;
    const item = asFile(await resolver.item(path, signal, basis), path);
    const url = urls.get(item, { fresh });
    basis?.add(url === undefined ? undefined : urls.stillIs(url, item, { fresh }));
    return url === undefined ? this.#look(path, signal) : { item, url };
  }

  /**
   * Fetches the file that is at `path` now. Its id may have changed: programs save by writing a new file and giving it
   * the name of the old one.
   */
  async #look(path: DrivePath, signal: AbortSignal): Promise<FileAddress> {
    return this.#withItsUrl(await this.#parts.resolver.fresh(path, signal), path);
  }

  /** Fetches the item by its id: a rename during a download does not matter. */
  async #byId(id: string, path: DrivePath, signal: AbortSignal): Promise<FileAddress> {
    const { graph, open } = this.#parts;
    return this.#withItsUrl(
      await getItem(graph.call, { driveId: await open.id(signal), id }, signal, { isKnown: true }),
      path,
    );
  }

  #withItsUrl(item: DriveItem, path: DrivePath): FileAddress {
    const { downloadUrl: url } = asFile(item, path);
    if (url === undefined) {
      const why = 'OneDrive gives no download URL, as for files with malware';
      throw new DriveError('forbidden', `cannot read "${baseName(path)}": ${why}`);
    }
    this.#parts.urls.replace(item);
    return { item, url };
  }

  /** Warns once: this is a property of the host, not of the file. */
  #warn(path: DrivePath): void {
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#parts.log.warn(
        { name: baseName(path) },
        "the content host's entity tags differ from Graph's; each download needs one more call to check that the file has not changed",
      );
    }
  }
}

/** Returns the item if it is a file of this drive. */
export function asFile(item: DriveItem, path: DrivePath): DriveItem {
  if (item.kind === 'folder') {
    throw new DriveError('is-folder', `cannot read "${baseName(path)}": it is a folder`);
  }
  return refuseShortcut(item, path);
}
