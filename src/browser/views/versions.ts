import type { FileVersion } from '../../drive/views.ts';
import { unsupported } from '../errors.ts';
import { sendJson } from '../headers.ts';
import type { View } from '../request.ts';

/** `?view=versions` of a file: all of them, the current one first. */
export const versionsView: View = async ({ drive, path, signal }, response) => {
  const versions = await drive.versions(path, { signal });
  if (versions === undefined) {
    throw unsupported('versions');
  }
  sendJson(response, 200, { versions: versions.map(versionJson) });
};

function versionJson({ id, modified, modifiedBy, size, isCurrent }: FileVersion): object {
  return { id, modified: modified.toISOString(), by: modifiedBy, size, current: isCurrent };
}
