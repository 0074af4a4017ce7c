import { makeNewFolder, remove, transfer } from '../dav/changes.ts';
import { type Entry, foldName, keyOf } from '../dav/entry.ts';
import { asRequestError, RequestError } from '../dav/errors.ts';
import { memberHref, parentHref } from '../dav/href.ts';
import { makeFolder } from '../dav/methods.ts';
import { renderConfirm } from '../view/dialogs/confirm.tsx';
import { renderNameDialog } from '../view/dialogs/name.tsx';
import { say, sayCount } from '../words/words.ts';
import { ask } from './dialogs.ts';
import { forEach } from './for-each.ts';
import { listing, refreshFolder } from './listing.ts';
import { hrefOf } from './navigation.ts';
import { clearSelection, cursorKey } from './selection.ts';
import { tell } from './toasts.ts';

/** Asks for a name, and makes a folder in the one that is shown. */
export async function askNewFolder(): Promise<void> {
  const { href } = listing.value.place;
  // What is listed was there before.
  const isListed = (name: string) => listing.value.entries.some(entry => foldName(entry.name) === foldName(name));
  const create = (name: string) =>
    (isListed(name) ? makeFolder : makeNewFolder)(memberHref(href, { name, kind: 'folder' }));
  const name = await ask(
    renderNameDialog({ title: say('newFolderTitle'), label: say('folderName'), button: say('create'), apply: create }),
  );
  if (name !== undefined) {
    await refreshFolder(href);
    cursorKey.value = name;
    tell(say('folderMade', { name }));
  }
}

/** Asks for another name of an entry. A name that is taken is refused in the dialog: nothing is replaced. */
export async function askRename(entry: Entry): Promise<void> {
  const from = hrefOf(entry);
  const folder = parentHref(from);
  const rename = (name: string) =>
    transfer({
      ...{ method: 'MOVE', entry, from, overwrite: false },
      to: memberHref(folder, { name, kind: entry.kind }),
    }).catch(asTaken);
  const title = say('renameTitle', { name: entry.name });
  const name = await ask(
    renderNameDialog({
      title,
      label: say('newName'),
      button: say('rename'),
      name: entry.name,
      kind: entry.kind,
      apply: rename,
    }),
  );
  if (name !== undefined) {
    await refreshFolder(listing.value.place.href);
    cursorKey.value = keyOf({ name, ...(entry.path && { path: entry.path.with(-1, name) }) });
    tell(say('renamed', { name }));
  }
}

/** Asks, and then removes entries. A file that has changed meanwhile stays. */
export async function askRemove(entries: readonly Entry[]): Promise<void> {
  const [first] = entries;
  if (first === undefined) {
    return;
  }
  const title =
    entries.length === 1 ? say('removeTitleOne', { name: first.name }) : sayCount('removeTitle', entries.length);
  if (
    (await ask(renderConfirm({ title, text: say('removeText'), button: say('remove'), isDangerous: true }))) ===
    undefined
  ) {
    return;
  }
  const { href } = listing.value.place;
  const items = entries.map(entry => ({ entry, href: hrefOf(entry) }));
  const done = await forEach(items, item =>
    remove(item.href, item.entry.kind === 'file' ? item.entry.etag : undefined),
  );
  clearSelection();
  if (done > 0) {
    tell(sayCount('removed', done));
  }
  await refreshFolder(href);
}

/** A rename whose target exists is refused as a failed precondition (RFC 4918 §9.9.4). */
function asTaken(error: unknown): never {
  const known = asRequestError(error);
  throw known.code === 'precondition' ? new RequestError('exists', { status: known.status }) : known;
}
