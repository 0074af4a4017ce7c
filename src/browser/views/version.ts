import { baseName } from '../../drive/path.ts';
import { unsupported } from '../errors.ts';
import { attachmentOf, BYTES_HEADERS, sendBytes } from '../headers.ts';
import type { View } from '../request.ts';
import { versionIdOf } from '../version-id.ts';

/** `?view=version&id=…` of a file: the bytes of that version, to be saved. */
export const versionView: View = async ({ drive, path, signal, query }, response) => {
  const read = await drive.readVersion(path, versionIdOf(query.get('id')), { signal });
  if (read === undefined) {
    throw unsupported('versions');
  }
  const headers = {
    ...BYTES_HEADERS,
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': attachmentOf(baseName(path)),
    'Content-Length': String(read.length),
  };
  await sendBytes(response, headers, read.body);
};
