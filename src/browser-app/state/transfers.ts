import { transfer } from '../dav/changes.ts';
import { foldName } from '../dav/entry.ts';
import { asRequestError } from '../dav/errors.ts';
import { freeName } from '../dav/free-name.ts';
import { memberHref, nameIn, parentHref, viewHref } from '../dav/href.ts';
import { readListing } from '../dav/listing.ts';
import { say, sayCount } from '../words/words.ts';
import { type Clipboard, clipboard } from './clipboard.ts';
import { Conflicts } from './conflicts.ts';
import { forEach, type Placed, Refusal } from './for-each.ts';
import { listing, refreshFolder } from './listing.ts';
import { tell } from './toasts.ts';

/** Pastes what was copied or cut into the folder that is shown. */
export async function paste(): Promise<void> {
  const kept = clipboard.value;
  const { place, head } = listing.value;
  if (kept === undefined || head?.access !== 'write') {
    return;
  }
  clipboard.value = kept.method === 'MOVE' ? undefined : kept;
  await transferInto(place.href, kept);
}

/** Copies or moves entries into a folder, which may be another one than the shown one. Nothing is replaced unasked. */
export async function transferInto(folder: string, { method, items }: Clipboard): Promise<void> {
  const shown = listing.value.place.href;
  const moved = method === 'MOVE' ? items.filter(({ href }) => parentHref(href) !== folder) : items;
  let names: Promise<Set<string>> | undefined;
  const takenNames = () => {
    names ??= namesIn(folder);
    return names;
  };
  const coming: Coming = { method, folder, takenNames, conflicts: new Conflicts() };
  const done = await forEach(moved, item => transferOne(item, coming));
  if (done > 0) {
    tell(sayCount(method === 'MOVE' ? 'moved' : 'copied', done));
  }
  await Promise.all([refreshFolder(folder), ...(method === 'MOVE' && shown !== folder ? [refreshFolder(shown)] : [])]);
}

interface Coming {
  readonly method: Clipboard['method'];
  readonly folder: string;
  /** Returns the names that are taken there, folded; names that are given away meanwhile are added. */
  readonly takenNames: () => Promise<Set<string>>;
  readonly conflicts: Conflicts;
}

async function transferOne({ entry, href }: Placed, coming: Coming): Promise<boolean> {
  const { method, folder, takenNames, conflicts } = coming;
  if (entry.kind === 'folder' && folder.startsWith(href)) {
    throw new Refusal(say('intoItself'));
  }
  const to = (name: string) => memberHref(folder, { name, kind: entry.kind });
  const withOwnName = async (): Promise<void> => {
    const taken = await takenNames();
    const name = freeName(entry.name, taken);
    taken.add(foldName(name));
    await transfer({ method, entry, from: href, to: to(name), overwrite: false });
  };
  if (parentHref(href) === folder) {
    await withOwnName();
    return true;
  }
  try {
    await transfer({ method, entry, from: href, to: to(entry.name), overwrite: false });
    return true;
  } catch (error) {
    if (asRequestError(error).code !== 'precondition') {
      throw error;
    }
  }
  const choice = await conflicts.choose({ name: entry.name, folder: nameIn(folder), canReplace: true });
  if (choice === 'skip') {
    return false;
  }
  await (choice === 'replace'
    ? transfer({ method, entry, from: href, to: to(entry.name), overwrite: true })
    : withOwnName());
  return true;
}

async function namesIn(folder: string): Promise<Set<string>> {
  const { place, entries, phase } = listing.value;
  const isShown = place.href === folder && place.search === undefined && phase === 'ready';
  const known = isShown
    ? entries
    : (await readListing(viewHref(folder, 'entries'), {}, new AbortController().signal)).entries;
  return new Set(known.map(({ name }) => foldName(name)));
}
