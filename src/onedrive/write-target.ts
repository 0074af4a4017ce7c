import type { Expectation } from '../drive/drive.ts';
import { baseName, type DrivePath } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { ItemPlace } from '../graph/urls.ts';
import { checkExpectation, refuseFolder, refuseUnwritable } from './expectations.ts';
import { isImpossible, isOdd } from './names.ts';
import type { OpenDrive } from './open-drive.ts';
import { type Resolver, refuseShortcut } from './resolve.ts';

/** A path as the caller and as the whole drive know it. */
export interface BothPaths {
  readonly path: DrivePath;
  readonly full: DrivePath;
}

export interface WriteTarget {
  /** The file that is replaced; null when there is none. */
  readonly old: DriveItem | null;
  readonly parentId: string;
  readonly place: ItemPlace;
}

/** Finds where a file is to be written, and checks that it may be. Throws as `Drive.write`. */
export async function findWriteTarget(
  { resolver, open }: { readonly resolver: Resolver; readonly open: OpenDrive },
  { path, full }: BothPaths,
  { expect, signal }: { readonly expect?: Expectation | undefined; readonly signal: AbortSignal },
): Promise<WriteTarget> {
  if (isImpossible(full)) {
    refuseUnwritable(path, full);
  }
  const old = refuseFolder(await resolver.findForWrite(full, signal), path);
  const parentId = old?.parentId ?? (await resolver.parent(full, signal)).id;
  if (old === null) {
    refuseUnwritable(path, full);
  } else {
    refuseShortcut(old, full);
  }
  checkExpectation(old, expect, path);
  const driveId = await open.id(signal);
  // Graph may not find a name by path that it would refuse today.
  const isNamed = old === null || !isOdd(baseName(full), full.length === 1);
  const place = isNamed ? { driveId, id: parentId, names: [baseName(path)] } : { driveId, id: old.id };
  return { old, parentId, place };
}
