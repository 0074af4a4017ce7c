import type { Item } from './drive-reader.ts';
import { cTag, eTag } from './driveitem.ts';
import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';

/** Refuses when If-Match names neither the item's eTag nor its cTag. */
export function checkIfMatch({ request }: Exchange, item: Item | undefined, status: 409 | 412): void {
  const wanted = request.headers['if-match'];
  if (wanted === undefined || (wanted === '*' && item !== undefined)) {
    return;
  }
  if (item === undefined || (wanted !== eTag(item) && wanted !== cTag(item))) {
    throw new GraphFault('resourceModified', "ETag does not match current item's value", {
      status,
      innerCode: 'entityTagDoesNotMatch',
    });
  }
}
