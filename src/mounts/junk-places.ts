import type { Drive, LookOptions } from '../drive/drive.ts';
import { baseName, type DrivePath, foldName, parentPath } from '../drive/path.ts';
import { isListed } from './is-listed.ts';
import { appliesAt, type JunkTraits, TOP_DEPTH } from './junk-traits.ts';
import type { SideFiles } from './side-files.ts';

/** The location of an entry: in the inner drive, in the side store, only pretended, or nowhere. */
export type Where = 'inner' | 'side' | 'pretended' | 'nowhere';

export interface JunkPlacesParts {
  readonly inner: Drive;
  readonly traitsOf: (name: string) => JunkTraits | undefined;
  readonly side: SideFiles;
}

/** Tells where the entries of a drive with junk names are. */
export class JunkPlaces {
  readonly #inner: Drive;
  readonly #traitsOf: JunkPlacesParts['traitsOf'];
  readonly #side: SideFiles;

  constructor({ inner, traitsOf, side }: JunkPlacesParts) {
    this.#inner = inner;
    this.#traitsOf = traitsOf;
    this.#side = side;
  }

  /** Finds the location of a path. Looks junk names up in the listing of their folder, which serves many of them. */
  async where(path: DrivePath, options: LookOptions): Promise<Where> {
    if (path.some(name => this.#traitsOf(name))) {
      // The side store does not tell of its changes.
      options.basis?.add(undefined);
    }
    if (path.some(name => this.#traitsOf(name)?.isKept)) {
      // The side store uses canonical paths, which are not final before `prepare`.
      await this.#inner.prepare(path, options);
      if (await this.isInKeptFolder(path)) {
        return (await this.isKept(path)) ? 'side' : 'nowhere';
      }
    }
    const traits = path.length === 0 ? undefined : this.#traitsOf(baseName(path));
    if (traits === undefined || !appliesAt(traits, path.length)) {
      return 'inner';
    }
    if (await this.isKept(path)) {
      return 'side';
    }
    if (await isListed(this.#inner, path, options)) {
      return 'inner';
    }
    return traits.isPretended ? 'pretended' : 'nowhere';
  }

  /** Returns true for names that do not go into the inner drive: kept names, and everything in a kept folder. */
  async isKeptName(path: DrivePath): Promise<boolean> {
    return path.length > 0 && (this.#traitsOf(baseName(path))?.isKept || this.isInKeptFolder(path));
  }

  async isInKeptFolder(path: DrivePath): Promise<boolean> {
    for (let above = path; above.length > TOP_DEPTH; ) {
      above = parentPath(above);
      const name = baseName(above);
      if (this.#traitsOf(name)?.isKept && (await this.#side.entry(this.placeOf(above), name))?.kind === 'folder') {
        return true;
      }
    }
    return false;
  }

  async isKept(path: DrivePath): Promise<boolean> {
    return (await this.isKeptName(path)) && (await this.#side.entry(this.placeOf(path), baseName(path))) !== undefined;
  }

  /** Returns the key of a path in the side store. */
  placeOf(path: DrivePath): readonly string[] {
    return this.#inner.canonicalPath(path).map(foldName);
  }
}
