import type { Quota } from '../drive/entry.ts';
import { encodeHref } from '../webdav/href.ts';
import { scopeOf } from '../webdav/request.ts';
import { mayGoDirect } from './direct-way.ts';
import type { BrowserRequest } from './request.ts';

/** What the app is told of a folder before its entries. */
export interface FolderHead {
  /** The names below the root of the tree, in the client's spelling. */
  readonly path: readonly string[];
  readonly href: string;
  /** The name of the root of the tree, where it has one: that of a share. */
  readonly root?: string;
  readonly access: 'read' | 'write';
  readonly quota?: Quota;
  readonly user: string;
  /** The account pages of the user. */
  readonly account?: string;
  /** The page of operators, for one of them. */
  readonly status?: string;
  readonly can: {
    /** How a new file gets here: `through` is a PUT; with `direct`, a large one may go to OneDrive itself (`upload`). */
    readonly upload: 'direct' | 'through' | 'no';
    readonly search: boolean;
    readonly share: readonly ('read' | 'upload')[];
    readonly versions: boolean;
  };
  /** The user may have shares, here or elsewhere. */
  readonly hasShares?: true;
}

export function folderHead(request: BrowserRequest, quota: Quota | undefined): FolderHead {
  const { drive, path, names, prefix, displayName, sharing, part } = request;
  const access = drive.access(path);
  // Above the mounts, and on the way to an open folder, there is no drive to ask.
  const isInDrive = scopeOf(drive, path) !== '';
  return {
    path: part === undefined ? names : names.slice(1),
    ...(part === undefined ? {} : { root: part.name }),
    href: encodeHref([...prefix, ...names], 'folder'),
    access,
    ...(quota === undefined ? {} : { quota }),
    user: displayName,
    ...(request.hasAccount ? { account: encodeHref([...prefix, '-', 'account'], 'folder') } : {}),
    ...(request.hasStatus ? { status: encodeHref([...prefix, '-', 'status'], 'file') } : {}),
    can: {
      upload: access !== 'write' ? 'no' : mayGoDirect(request) ? 'direct' : 'through',
      search: isInDrive,
      share: sharing?.kindsAt(request, 'folder') ?? [],
      versions: isInDrive && part === undefined,
    },
    ...(sharing === undefined ? {} : { hasShares: true }),
  };
}
