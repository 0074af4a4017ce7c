import type { CallOptions, CopyOptions, Drive, TransferOptions, TransferResult } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, formatPath } from '../drive/path.ts';
import type { JunkPlaces } from './junk-places.ts';
import {
  asAbsence,
  refuseInside,
  refuseKeptFolderElsewhere,
  refuseOverFolder,
  refuseReadOnly,
  requireParent,
} from './junk-refusals.ts';
import type { SideFiles } from './side-files.ts';

export interface KeptTransfersParts {
  /** The drive with the junk names. */
  readonly drive: Drive;
  readonly places: JunkPlaces;
  readonly side: SideFiles;
}

/** Copies and moves what is in the side store, or only pretended. */
export class KeptTransfers {
  readonly #drive: Drive;
  readonly #places: JunkPlaces;
  readonly #side: SideFiles;

  constructor({ drive, places, side }: KeptTransfersParts) {
    this.#drive = drive;
    this.#places = places;
    this.#side = side;
  }

  /** Returns true when an entry put at `to` goes into the side store. */
  async staysKept(to: DrivePath, options: CallOptions): Promise<boolean> {
    return (await this.#places.isKeptName(to)) && (await this.#places.where(to, options)) !== 'inner';
  }

  /** Moves from one kept name to another: the file stays the same. */
  async move(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    const isSamePlace = this.#places.placeOf(from).join('/') === this.#places.placeOf(to).join('/');
    if (isSamePlace && baseName(from) === baseName(to)) {
      throw new DriveError('forbidden', `cannot put ${formatPath(from)} at ${formatPath(to)}: it is there`);
    }
    refuseReadOnly(this.#drive, to);
    await requireParent(this.#drive, to, options);
    refuseInside(from, to, this.#places.placeOf(from), this.#places.placeOf(to));
    const target = isSamePlace ? undefined : await this.#freeTarget(to, options);
    const name = (await this.#isListedByName(from, to)) ? baseName(to) : '';
    await this.#side.moved(this.#places.placeOf(from), this.#places.placeOf(to), { name });
    return { created: target === undefined };
  }

  /** Copies a kept or pretended file; its new name decides whether it goes into the side store or the inner drive. */
  async copyOut(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    const { signal } = options;
    const target = await this.#freeTarget(to, options);
    const { body, length, entry } = await this.#drive.read(from, { signal });
    await this.#drive.write(to, body, { signal, length, modified: entry.modified });
    return { created: target === undefined };
  }

  /** Copies a kept folder within the side store: a program made it for its own use. */
  async copyFolder(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    if (!(await this.staysKept(to, options))) {
      refuseKeptFolderElsewhere(from, to, 'folder');
    }
    refuseReadOnly(this.#drive, to);
    await requireParent(this.#drive, to, options);
    refuseInside(from, to, this.#places.placeOf(from), this.#places.placeOf(to));
    const target = await this.#freeTarget(to, options);
    if (options.depth === 0) {
      await this.#side.makeFolderAnew(this.#places.placeOf(to), baseName(to), { isTaken: target !== undefined });
    } else {
      const name = baseName(to);
      await this.#side.copied(this.#places.placeOf(from), this.#places.placeOf(to), {
        depth: 'infinity',
        hasTwin: true,
        name,
      });
    }
    return { created: target === undefined };
  }

  /** Returns true for folders, which always have a listed name, and for files in a kept folder. */
  async #isListedByName(from: DrivePath, to: DrivePath): Promise<boolean> {
    return (
      (await this.#places.isInKeptFolder(to)) ||
      (await this.#side.entry(this.#places.placeOf(from), baseName(from)))?.kind === 'folder'
    );
  }

  /**
   * Returns the entry to overwrite at the target of such a transfer. Refuses a folder, which would be gone before the
   * write could fail.
   */
  async #freeTarget(to: DrivePath, { signal, overwrite }: TransferOptions): Promise<Entry | undefined> {
    const target = await this.#drive.stat(to, { signal }).catch(asAbsence);
    if (target !== undefined && !overwrite) {
      throw new DriveError('exists', `cannot put anything at ${formatPath(to)}: the name is taken`);
    }
    return refuseOverFolder(to, target);
  }
}
