import type { Act } from './drive.ts';
import type { Item } from './drive-reader.ts';
import { readFacets, writeFacets } from './facets.ts';
import type { Library } from './site.ts';

/** Checks the file out to the caller: from now on nobody else can change it. */
export function checkOut({ drive }: Library, item: Item, act: Act): Item {
  const { application, user } = act.by;
  const facets = {
    ...readFacets(item.facets),
    checkedOutBy: (application ?? user)!.displayName,
    checkedOutByClient: application?.id,
  };
  return drive.touch(item, { facets: writeFacets(facets) }, act);
}

/** Releases the file. */
export function checkIn({ drive }: Library, item: Item, act: Act): Item {
  const { checkedOutBy: _, checkedOutByClient: __, ...facets } = readFacets(item.facets);
  return drive.touch(item, { facets: writeFacets(facets) }, act);
}

/** Checks a new file out to its creator, in a library that requires check-out. */
export function checkOutNew(library: Library, item: Item, { isNew, ...act }: Act & { isNew: boolean }): Item {
  return isNew && library.quirks.requiresCheckOut === true ? checkOut(library, item, act) : item;
}
