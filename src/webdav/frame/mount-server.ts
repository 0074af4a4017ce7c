import { v2 } from 'webdav-server';
import { MountFileSystem } from './mount-file-system.ts';

/** The names of the mounts, which come and go. */
export interface MountNames {
  names(): readonly string[];
  onChange(listener: () => void): void;
}

/**
 * The package's server with a mount table that follows ours. For each request the package goes through all of the table, twice; our mounts are all
 * at the top, and are found at once.
 */
export class MountServer extends v2.WebDAVServer {
  readonly #byName = new Map<string, MountFileSystem>();
  readonly #names = new Map<v2.FileSystem, string>();

  follow(mounts: MountNames): void {
    this.#update(mounts);
    mounts.onChange(() => this.#update(mounts));
  }

  override getFileSystemSync(path: v2.Path): { fs: v2.FileSystem; rootPath: v2.Path; subPath: v2.Path } {
    const name = path.rootName() ?? '';
    const mounted = this.#byName.get(name);
    const subPath = path.clone();
    if (mounted === undefined) {
      return { fs: this.rootFileSystem(), rootPath: new v2.Path('/'), subPath };
    }
    subPath.removeRoot();
    return { fs: mounted, rootPath: new v2.Path([name]), subPath };
  }

  override getFileSystemPathSync(fs: v2.FileSystem): v2.Path {
    return new v2.Path([this.#names.get(fs) ?? '']);
  }

  #update(mounts: MountNames): void {
    const names = new Set(mounts.names());
    for (const [name, fs] of this.#byName) {
      if (!names.has(name)) {
        this.removeFileSystemSync(`/${name}`);
        this.#byName.delete(name);
        this.#names.delete(fs);
      }
    }
    for (const name of names) {
      if (!this.#byName.has(name)) {
        const fs = new MountFileSystem();
        this.setFileSystemSync(`/${name}`, fs);
        this.#byName.set(name, fs);
        this.#names.set(fs, name);
      }
    }
  }
}
