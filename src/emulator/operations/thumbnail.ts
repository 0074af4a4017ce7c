import { notFound } from '../drive-reader.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { checkPreAuthenticated } from '../pre-authenticated.ts';
import { renderThumbnail } from '../thumbnails.ts';

/** `GET` of a thumbnail's URL: the small picture, without credentials. */
export async function thumbnail(exchange: Exchange): Promise<Reply> {
  const { library, item: id, size } = checkPreAuthenticated(exchange, 'thumbnail');
  const item = library.drive.store.byGuid(library.drive.key, id);
  const picture = item && (await renderThumbnail(exchange.world, item, size ?? 'large'));
  if (picture === undefined) {
    throw notFound();
  }
  const headers = {
    'content-type': 'image/jpeg',
    'content-length': String(picture.length),
    'cache-control': 'private',
  };
  const isHead = exchange.request.method === 'HEAD';
  return { status: 200, headers, ...(isHead ? {} : { stream: bodyOf(picture) }) };
}

async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
