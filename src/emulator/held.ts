import type { IdentitySet } from './drive.ts';
import type { Item } from './drive-reader.ts';
import { readFacets } from './facets.ts';
import { GraphFault } from './graph-error.ts';
import type { Settings } from './options.ts';
import type { Library } from './site.ts';

/** The identity that wants to change an item and, for content, the library. */
export interface Changer {
  readonly by: IdentitySet;
  readonly content?: { readonly library: Library; readonly settings: Settings };
}

/**
 * Refuses to change an item that another holds: open in Office (423), or checked out (409). Content in a library that
 * requires it must have been checked out.
 */
export function refuseHeld(item: Item | undefined, { by, content }: Partial<Changer> = {}): void {
  if (item === undefined) {
    return;
  }
  const { isLocked, checkedOutBy, checkedOutByClient } = readFacets(item.facets);
  if (isLocked) {
    const text = 'The file is currently checked out or locked for editing by another user.';
    throw new GraphFault('resourceLocked', text, { innerCode: 'lockMismatch' });
  }
  const isOwn = checkedOutByClient !== undefined && checkedOutByClient === by?.application?.id;
  if (checkedOutBy !== undefined && !isOwn) {
    const text = `The file is checked out for editing by ${checkedOutBy}.`;
    throw new GraphFault('notAllowed', text, { status: 409, innerCode: 'resourceCheckedOut' });
  }
  if (content?.library.quirks.requiresCheckOut === true && item.kind === 'file' && checkedOutBy === undefined) {
    const text = 'The file is not checked out. You must first check out this document before making changes.';
    throw new GraphFault('notAllowed', text, { status: content.settings.notCheckedOutStatus });
  }
}
