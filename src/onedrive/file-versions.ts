import type { RestoreOptions } from '../drive/drive.ts';
import { DriveError } from '../drive/errors.ts';
import { type DrivePath, pathKey } from '../drive/path.ts';
import { mayBeRewritten } from '../drive/rewritten.ts';
import type { FileVersion } from '../drive/views.ts';
import { changedItem } from '../graph/drive-item.ts';
import { GraphError, mayBeDone } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { type ItemVersion, listVersions, restoreVersion, versionUrl } from '../graph/versions.ts';
import type { KeyedLock } from '../lib/keyed-lock.ts';
import { judge } from './content-answer.ts';
import { askForContent, bytesOf, discard } from './content-host.ts';
import type { Download } from './download.ts';
import { asFile, type FileReader } from './file-reader.ts';
import { fromChangeError } from './from-graph-error.ts';
import { withItem } from './known-item.ts';
import type { MetadataCache } from './metadata-cache.ts';
import type { OpenDrive } from './open-drive.ts';
import type { Resolver } from './resolve.ts';

export interface FileVersionsParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
  readonly reader: FileReader;
  readonly cache: MetadataCache;
  /** Commits to one path run one after the other. */
  readonly commits: KeyedLock;
}

interface Look {
  readonly item: DriveItem;
  readonly versions: readonly FileVersion[];
}

/** The versions of files, by path. As in the resolver, errors show last names only. */
export class FileVersions {
  readonly #parts: FileVersionsParts;

  constructor(parts: FileVersionsParts) {
    this.#parts = parts;
  }

  async list(path: DrivePath, signal: AbortSignal): Promise<readonly FileVersion[]> {
    return (await this.#look(path, signal)).versions;
  }

  async open(
    path: DrivePath,
    id: string,
    signal: AbortSignal,
  ): Promise<Omit<Download, 'item'> & { readonly version: FileVersion }> {
    const { item, versions } = await this.#look(path, signal);
    const version = find(versions, id, item);
    // Graph gives the bytes of the current version by the file alone.
    const download = version.isCurrent
      ? await this.#openCurrent(path, version, signal)
      : await this.#openOld(item, version, signal);
    return { ...download, version };
  }

  /** Restores the version, and returns the file as Graph shows it then. */
  async restore(path: DrivePath, id: string, { signal, beforeCommit }: RestoreOptions): Promise<DriveItem> {
    const { resolver, cache, commits } = this.#parts;
    const look = await this.#look(path, signal);
    const version = find(look.versions, id, look.item);
    if (version.isCurrent) {
      return resolver.fresh(path, signal);
    }
    try {
      await commits.run(pathKey(path), async () => {
        await beforeCommit?.();
        await this.#restore(look, version, signal);
      });
      const now = proven(await resolver.fresh(path, signal), { ...look, version });
      cache.put(path, now);
      return now;
    } catch (error) {
      // After any failure, only Graph knows what is there now.
      cache.forgetTree(path);
      throw fromChangeError(error);
    }
  }

  /** When the answer does not tell whether it was done, the versions do. */
  async #restore({ item, versions }: Look, { id, size }: FileVersion, signal: AbortSignal): Promise<void> {
    const { graph } = this.#parts;
    const place = await this.#placeOf(item, signal);
    try {
      await restoreVersion(graph.call, place, id, signal);
    } catch (error) {
      const [now] = mayBeDone(error) ? await listVersions(graph.call, place, signal).catch(() => []) : [];
      if (now === undefined || now.id === versions[0]?.id || now.size !== size) {
        throw error;
      }
    }
  }

  async #look(path: DrivePath, signal: AbortSignal): Promise<Look> {
    const { graph, resolver } = this.#parts;
    const read = async (item: DriveItem) => {
      const place = await this.#placeOf(asFile(item, path), signal);
      return { item, versions: (await listVersions(graph.call, place, signal)).map(toFileVersion) };
    };
    return withItem(resolver, path, { signal, read });
  }

  async #openCurrent(path: DrivePath, { size }: FileVersion, signal: AbortSignal): Promise<Omit<Download, 'item'>> {
    const { item, ...download } = await this.#parts.reader.open(path, { signal });
    if (size !== undefined && download.length !== size && !mayBeRewritten(item.name)) {
      download.close();
      throw new DriveError('unavailable', `"${item.name}" has another version now`, { retryAfterSeconds: 1 });
    }
    return download;
  }

  async #openOld(item: DriveItem, { id, size }: FileVersion, signal: AbortSignal): Promise<Omit<Download, 'item'>> {
    const { graph } = this.#parts;
    const url = await versionUrl(graph.call, await this.#placeOf(item, signal), id, signal);
    const answer = await askForContent(graph, url, { range: undefined, signal });
    // It has a tag of its own; its size tells it from the page of a proxy and from a part.
    const old = changedItem(item, { eTag: '', size: mayBeRewritten(item.name) ? undefined : size });
    const verdict = judge(old, answer, { range: undefined, hostTells: false });
    if (verdict.kind === 'other') {
      discard(answer);
      throw new GraphError('protocol', 'the content host answers with something that is not the version');
    }
    const { start, end, total } = verdict.part;
    return { length: total, body: bytesOf(answer, { start, end }, signal), close: () => discard(answer) };
  }

  async #placeOf({ id }: DriveItem, signal: AbortSignal): Promise<{ driveId: string; id: string }> {
    return { driveId: await this.#parts.open.id(signal), id };
  }
}

function find(versions: readonly FileVersion[], id: string, { name }: DriveItem): FileVersion {
  const version = versions.find(each => each.id === id);
  if (version === undefined) {
    throw new DriveError('not-found', `there is no version ${id} of "${name}"`);
  }
  return version;
}

/** Graph lists the current version first. */
function toFileVersion({ id, modified, modifiedBy, size }: ItemVersion, index: number): FileVersion {
  return { id, modified, size, isCurrent: index === 0, ...(modifiedBy === undefined ? {} : { modifiedBy }) };
}

/** Returns the item if it is the file that was restored, in another version with the size of the old one. */
function proven(now: DriveItem, { item, version }: Look & { readonly version: FileVersion }): DriveItem {
  const hasSize = version.size === undefined || now.size === version.size || mayBeRewritten(now.name);
  if (now.id !== item.id || !hasSize) {
    throw new DriveError('upstream', 'OneDrive acknowledged a restored version but shows another one in its place');
  }
  return now;
}
