import type { SearchHit } from '../../drive/views.ts';
import { entryJson } from '../entry-json.ts';
import { BrowserError, unsupported } from '../errors.ts';
import { folderHead } from '../folder-head.ts';
import { sendLines } from '../lines.ts';
import type { View } from '../request.ts';

/** More hits help nobody: another word does. */
const MAX_HITS = 500;
/** Characters; no name is longer. */
const MAX_TEXT_LENGTH = 255;

/**
 * `?view=search&q=…` of a folder: the lines of `entries`, each entry with its names below the folder. `index` says that
 * an index is asked, which may not know the last changes; `more` that not all hits are there.
 */
export const searchView: View = (request, response) => {
  const { drive, path, signal, query } = request;
  const text = query.get('q')?.trim() ?? '';
  if (text === '' || text.length > MAX_TEXT_LENGTH) {
    throw new BrowserError(400, 'bad-request', `q must have 1 to ${MAX_TEXT_LENGTH} characters`);
  }
  return sendLines(request, response, async () => {
    const found = await drive.search(path, text, { signal, limit: MAX_HITS });
    if (found === undefined) {
      throw unsupported('search');
    }
    const first = { folder: folderHead(request, undefined), index: true };
    return { first, entries: found.hits, toJson: hitJson, last: found.hasMore ? { more: true } : {} };
  });
};

function hitJson({ names, entry }: SearchHit): object {
  return { ...entryJson(entry), path: names };
}
