import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';

/** The maximum page size for items, whatever `$top` says (staff in onedrive-api-docs 74, 319, 691, 728). */
const MAX_TOP = 1000;

/** Returns the items per page: `$top`, also without its `$`, or the default. */
export function readPageSize({ url, world }: Exchange): number {
  const top = url.searchParams.get('$top');
  if (top === null) {
    return world.settings.pageSize;
  }
  const size = Number(top);
  if (!Number.isInteger(size) || size < 1) {
    throw new GraphFault('invalidRequest', `Invalid value '${top}' for $top.`, { innerCode: 'invalidQueryOption' });
  }
  return Math.min(size, MAX_TOP);
}
