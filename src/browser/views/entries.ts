import { entryJson } from '../entry-json.ts';
import { folderHead } from '../folder-head.ts';
import type { KnownQuotas } from '../known-quotas.ts';
import { sendLines } from '../lines.ts';
import type { View } from '../request.ts';

/** `?view=entries` of a folder: its head and its members. The listing is complete before the first byte goes out. */
export function entriesView(quotas: KnownQuotas): View {
  return (request, response) =>
    sendLines(request, response, async () => {
      const { drive, path, signal } = request;
      const [entries, quota] = await Promise.all([drive.list(path, { signal }), quotas.at(request)]);
      return { first: { folder: folderHead(request, quota) }, entries, toJson: entryJson };
    });
}
