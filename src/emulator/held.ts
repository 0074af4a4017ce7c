import type { Item } from './drive-reader.ts';
import { readFacets } from './facets.ts';
import { GraphFault } from './graph-error.ts';

/** Refuses to change what somebody else holds: open in Office (423), or checked out (409). */
export function refuseHeld(item: Item | undefined): void {
  const { isLocked, checkedOutBy } = readFacets(item?.facets ?? null);
  if (isLocked) {
    const text = 'The file is currently checked out or locked for editing by another user.';
    throw new GraphFault('resourceLocked', text, { innerCode: 'lockMismatch' });
  }
  if (checkedOutBy !== undefined) {
    const text = `The file is checked out for editing by ${checkedOutBy}.`;
    throw new GraphFault('notAllowed', text, { status: 409, innerCode: 'resourceCheckedOut' });
  }
}
