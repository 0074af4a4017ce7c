import type { Entry } from '../../drive/entry.ts';
import { DriveError } from '../../drive/errors.ts';
import { getEntry } from '../../webdav/get-entry.ts';
import { BrowserError } from '../errors.ts';
import type { View } from '../request.ts';

const MIB = 1024 ** 2;
/** A longer file is downloaded, not looked at. */
const MAX_BYTES = 64 * MIB;

/**
 * `?view=content` of a file: its bytes as GET sends them, with conditions and ranges, but always through this server: a
 * script may read them, and the page's policy names no other host. Media types and policies are those of GET, so that
 * only what cannot run is shown (`webdav/content-policy.ts`).
 */
export const contentView: View = async (request, response) => {
  response.setHeader('Content-Disposition', 'inline');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  await getEntry({ ...request, userPolicy: 'proxy' }, response, { folder: refuseFolder, checkFile: refuseLarge });
};

async function refuseFolder(): Promise<void> {
  throw new DriveError('is-folder', 'a folder has no content');
}

function refuseLarge({ size }: Entry): void {
  if (size === undefined || size > MAX_BYTES) {
    throw new BrowserError(
      413,
      'too-large',
      `only files of up to ${MAX_BYTES / MIB} MiB can be looked at; download it`,
    );
  }
}
