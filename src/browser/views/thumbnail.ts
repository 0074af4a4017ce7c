import { THUMBNAIL_SIZES } from '../../drive/views.ts';
import { BrowserError } from '../errors.ts';
import { BYTES_HEADERS, sendBytes } from '../headers.ts';
import type { View } from '../request.ts';

/** Another version has another URL. */
const OF_VERSION = 'private, max-age=604800, immutable';

/**
 * `?view=thumbnail&size=…&v=<etag>` of a file: a small picture. With the current entity tag in its URL a browser may keep
 * it. A user who may not see the file does not learn its tag, so the URL is no use in a browser that several people use.
 */
export const thumbnailView: View = async ({ drive, path, signal, query }, response) => {
  const asked = query.get('size') ?? 'small';
  const size = THUMBNAIL_SIZES.find(each => each === asked);
  if (size === undefined) {
    throw new BrowserError(400, 'bad-request', `size must be one of ${THUMBNAIL_SIZES.join(', ')}`);
  }
  const thumbnail = await drive.thumbnail(path, { signal, size });
  if (thumbnail === undefined) {
    throw new BrowserError(404, 'no-thumbnail', 'there is no thumbnail of this file');
  }
  const { entry, contentType, length, body } = thumbnail;
  const headers = {
    ...BYTES_HEADERS,
    'Content-Type': contentType,
    ...(length === undefined ? {} : { 'Content-Length': String(length) }),
    ...(query.get('v') === entry.etag ? { 'Cache-Control': OF_VERSION } : {}),
  };
  await sendBytes(response, headers, body);
};
