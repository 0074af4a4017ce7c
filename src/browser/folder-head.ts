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
  readonly access: 'read' | 'write';
  readonly quota?: Quota;
  readonly user: string;
  /** The account pages of the user. */
  readonly account?: string;
  readonly can: {
    /** How a new file gets here: `through` is a PUT; with `direct`, a large one may go to OneDrive itself (`upload`). */
    readonly upload: 'direct' | 'through' | 'no';
    readonly search: boolean;
    readonly share: readonly ('read' | 'upload')[];
    readonly versions: boolean;
  };
}

export function folderHead(request: BrowserRequest, quota: Quota | undefined): FolderHead {
  const { drive, path, names, prefix, displayName, hasAccount } = request;
  const access = drive.access(path);
  // Above the mounts, and on the way to an open folder, there is no drive to ask.
  const isInDrive = scopeOf(drive, path) !== '';
  return {
    path: names,
    href: encodeHref([...prefix, ...names], 'folder'),
    access,
    ...(quota === undefined ? {} : { quota }),
    user: displayName,
    ...(hasAccount ? { account: encodeHref([...prefix, '-', 'account'], 'folder') } : {}),
    can: {
      upload: access === 'read' ? 'no' : mayGoDirect(request) ? 'direct' : 'through',
      search: isInDrive,
      share: [],
      versions: isInDrive,
    },
  };
}
