import type { Entry } from '../dav/entry.ts';
import { asRequestError } from '../dav/errors.ts';
import { parentHref } from '../dav/href.ts';
import { zipHref } from '../dav/zip.ts';
import { say, sayError } from '../words/words.ts';
import { listing } from './listing.ts';
import { hrefOf } from './navigation.ts';
import { tellFailure } from './toasts.ts';

/**
 * Has the browser save entries: one file as it is, everything else as a zip. Results of a search are in several folders,
 * and each folder has a zip of its own.
 */
export async function download(entries: readonly Entry[]): Promise<void> {
  const [first] = entries;
  if (first?.kind === 'file' && entries.length === 1) {
    save(hrefOf(first), first.name);
    return;
  }
  for (const [folder, members] of Map.groupBy(entries, entry => parentHref(hrefOf(entry)))) {
    await saveZip(
      folder,
      members.map(({ name }) => name),
    );
  }
}

/** Has the browser save the folder that is shown, as a zip. */
export function downloadFolder(): Promise<void> {
  return saveZip(listing.value.place.href);
}

async function saveZip(folder: string, names?: readonly string[]): Promise<void> {
  try {
    save(await zipHref(folder, names), '');
  } catch (error) {
    const reason = sayError(asRequestError(error).code);
    tellFailure(say('failedFor', { name: names?.join(', ') ?? say('download'), reason }));
  }
}

/** Wherever its bytes come from. An empty name: the server gives it. */
function save(href: string, name: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.click();
}
