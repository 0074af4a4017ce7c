import { type Entry, foldName, keyOf } from '../dav/entry.ts';
import { asRequestError, RequestError } from '../dav/errors.ts';
import { freeName } from '../dav/free-name.ts';
import { memberHref, nameIn, parentHref } from '../dav/href.ts';
import { makeFolder, remove, transfer } from '../dav/methods.ts';
import { renderConfirm } from '../view/dialogs/confirm.tsx';
import { renderNameDialog } from '../view/dialogs/name.tsx';
import { say, sayCount, sayError } from '../words/words.ts';
import { eachAtMost } from './at-most.ts';
import { type Clipboard, clipboard } from './clipboard.ts';
import { Conflicts } from './conflicts.ts';
import { ask } from './dialogs.ts';
import { listing, refreshFolder } from './listing.ts';
import { hrefOf } from './navigation.ts';
import { clearSelection, cursorKey } from './selection.ts';
import { tell, tellFailure, tellProgress } from './toasts.ts';

/** Changes of several entries that run at once. */
const AT_ONCE = 3;

/** Asks for a name, and makes a folder in the one that is shown. */
export async function askNewFolder(): Promise<void> {
  const { href } = listing.value.place;
  const create = (name: string) => makeFolder(memberHref(href, { name, kind: 'folder' }));
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
    transfer({ method: 'MOVE', from, to: memberHref(folder, { name, kind: entry.kind }), overwrite: false }).catch(
      asTaken,
    );
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
  tellDone('removed', done);
  await refreshFolder(href);
}

/** Pastes what was copied or cut into the folder that is shown. */
export async function paste(): Promise<void> {
  const kept = clipboard.value;
  const { href: folder } = listing.value.place;
  if (kept === undefined || listing.value.head?.access !== 'write') {
    return;
  }
  const { items, method } = kept;
  const moved = method === 'MOVE' ? items.filter(({ href }) => parentHref(href) !== folder) : items;
  clipboard.value = method === 'MOVE' ? undefined : kept;
  const conflicts = new Conflicts();
  const taken = new Set(listing.value.entries.map(({ name }) => foldName(name)));
  const done = await forEach(moved, item => pasteOne(item, { method, folder, taken, conflicts }));
  tellDone(method === 'MOVE' ? 'moved' : 'copied', done);
  await refreshFolder(folder);
}

interface Pasting {
  readonly method: Clipboard['method'];
  readonly folder: string;
  /** The names that are taken there, folded. */
  readonly taken: Set<string>;
  readonly conflicts: Conflicts;
}

async function pasteOne({ entry, href }: Clipboard['items'][number], pasting: Pasting): Promise<boolean> {
  const { method, folder, taken, conflicts } = pasting;
  if (entry.kind === 'folder' && folder.startsWith(href)) {
    throw new Refusal(say('intoItself'));
  }
  const to = (name: string) => memberHref(folder, { name, kind: entry.kind });
  const withOwnName = (): Promise<void> => {
    const name = freeName(entry.name, taken);
    taken.add(foldName(name));
    return transfer({ method, from: href, to: to(name), overwrite: false });
  };
  if (parentHref(href) === folder) {
    await withOwnName();
    return true;
  }
  try {
    await transfer({ method, from: href, to: to(entry.name), overwrite: false });
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
  await (choice === 'replace' ? transfer({ method, from: href, to: to(entry.name), overwrite: true }) : withOwnName());
  return true;
}

/** A failure with words of its own. */
class Refusal extends Error {}

/** Does something with each item, and shows how far it is. Returns how many were done; tells of each that was not. */
async function forEach(
  items: readonly { readonly entry: Entry; readonly href: string }[],
  work: (item: { readonly entry: Entry; readonly href: string }) => Promise<unknown>,
): Promise<number> {
  const progress = items.length > 1 ? tellProgress(say('working', { done: 0, n: items.length })) : undefined;
  let ended = 0;
  let done = 0;
  await eachAtMost(items, AT_ONCE, async item => {
    try {
      done += (await work(item)) === false ? 0 : 1;
    } catch (error) {
      const reason = error instanceof Refusal ? error.message : sayError(asRequestError(error).code);
      tellFailure(say('failedFor', { name: item.entry.name, reason }));
    }
    ended += 1;
    progress?.update(say('working', { done: ended, n: items.length }), ended / items.length);
  });
  progress?.end();
  return done;
}

function tellDone(key: 'removed' | 'moved' | 'copied', count: number): void {
  if (count > 0) {
    tell(sayCount(key, count));
  }
}

/** A rename whose target exists is refused as a failed precondition (RFC 4918 §9.9.4). */
function asTaken(error: unknown): never {
  const known = asRequestError(error);
  throw known.code === 'precondition' ? new RequestError('exists', { status: known.status }) : known;
}
