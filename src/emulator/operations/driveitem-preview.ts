import { existing, type ItemAddress } from '../address.ts';
import { notFound } from '../drive-reader.ts';
import { withContext } from '../driveitem.ts';
import { type Exchange, type Reply, readJson } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { escapeHtml } from '../login-page.ts';
import { mimeTypeOf } from '../mime-types.ts';
import { checkPreAuthenticated, downloadUrl, previewUrl } from '../pre-authenticated.ts';

/** `POST …/preview` (Graph docs, "driveItem: preview"): a short-lived address of a page that can be embedded. */
export async function driveitemPreview(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const body = await readJson(exchange.request);
  const item = existing(address);
  const unknown = Object.keys(body).find(name => name !== 'page' && name !== 'zoom');
  if (unknown !== undefined) {
    throw new GraphFault('notImplemented', `The emulator does not support ${unknown} of preview.`);
  }
  if (item.kind !== 'file') {
    throw new GraphFault('invalidRequest', 'The item is not a file.');
  }
  const getUrl = previewUrl(exchange.world, address.library, item);
  const json = { getUrl, postParameters: null, postUrl: null };
  return { status: 200, json: withContext(exchange, json, 'microsoft.graph.itemPreviewInfo') };
}

/** `GET` of that address: a picture, or a link to another file. SharePoint's own viewers are not modelled. */
export function embeddedPreview(exchange: Exchange): Reply {
  const { library, item: id } = checkPreAuthenticated(exchange, 'preview');
  const item = library.drive.store.byGuid(library.drive.key, id);
  if (item?.kind !== 'file') {
    throw notFound();
  }
  const [name, url] = [escapeHtml(item.name), escapeHtml(downloadUrl(exchange.world, library, item))];
  const content = mimeTypeOf(item.name).startsWith('image/')
    ? `<img src="${url}" alt="${name}">`
    : `<a href="${url}">${name}</a>`;
  return { status: 200, html: `<!doctype html><html lang="en"><title>${name}</title><body>${content}</body></html>` };
}
