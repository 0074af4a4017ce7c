import { baseName } from '../../drive/path.ts';
import type { Details } from '../../drive/views.ts';
import { entryJson } from '../entry-json.ts';
import { sendJson } from '../headers.ts';
import type { BrowserRequest, View } from '../request.ts';

/** `?view=details`: an entry with its authors and its hash, as far as its drive knows them. */
export const detailsView: View = async (request, response) => {
  const { drive, path, signal } = request;
  const { entry, createdBy, modifiedBy } = (await drive.details(path, { signal })) ?? (await entryAlone(request));
  sendJson(response, 200, {
    ...entryJson(entry),
    // The root of a drive has no name of its own.
    name: entry.name === '' ? baseName(path) : entry.name,
    createdBy,
    modifiedBy,
    quickXorHash: entry.quickXorHash,
  });
};

async function entryAlone({ drive, path, signal }: BrowserRequest): Promise<Details> {
  return { entry: await drive.stat(path, { signal }) };
}
