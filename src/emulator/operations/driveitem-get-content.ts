import { existing, type ItemAddress } from '../address.ts';
import { eTag } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { downloadUrl } from '../pre-authenticated.ts';

/** `GET …/content` (Graph docs, "Download the contents of a DriveItem"): 302 to the content host. */
export function driveitemGetContent(exchange: Exchange, address: ItemAddress): Reply {
  const { world, request } = exchange;
  const item = existing(address);
  if (item.blob === undefined) {
    throw new GraphFault('invalidRequest', 'The item is not a file.');
  }
  if (request.headers['if-none-match'] === eTag(item)) {
    return { status: 304 };
  }
  if (world.settings.contentStreamsDirectly) {
    return {
      status: 200,
      headers: { 'content-length': String(item.blob.size), 'content-type': item.mimeType },
      stream: world.blobs.read(item.blob),
    };
  }
  return { status: 302, headers: { location: downloadUrl(world, address.library, item) } };
}
