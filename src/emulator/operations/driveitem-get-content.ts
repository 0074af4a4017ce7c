import { existing, type ItemAddress } from '../address.ts';
import { cTag, eTag } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { readFacets } from '../facets.ts';
import { GraphFault } from '../graph-error.ts';
import { mimeTypeOf } from '../mime-types.ts';
import { downloadUrl } from '../pre-authenticated.ts';

/** `GET …/content` (Graph docs, "Download the contents of a DriveItem"): 302 to the content host. */
export function driveitemGetContent(exchange: Exchange, address: ItemAddress): Reply {
  const { world, request } = exchange;
  const item = existing(address);
  if (item.kind !== 'file') {
    throw new GraphFault('invalidRequest', 'The item is not a file.');
  }
  if ([eTag(item), cTag(item)].includes(request.headers['if-none-match'] ?? '')) {
    return { status: 304 };
  }
  if (readFacets(item.facets).malware !== undefined) {
    throw new GraphFault('accessDenied', 'The file is infected.', { innerCode: 'malwareDetected' });
  }
  if (world.settings.contentStreamsDirectly) {
    return {
      status: 200,
      headers: { 'content-length': String(item.size), 'content-type': mimeTypeOf(item.name) },
      stream: world.blobs.read({ name: item.blob!, size: item.size }),
    };
  }
  return { status: 302, headers: { location: downloadUrl(world, address.library, item) } };
}
