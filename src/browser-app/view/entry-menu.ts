import type { Entry } from '../dav/entry.ts';
import { askNewFolder, askRemove, askRename } from '../state/actions.ts';
import { type Clipboard, clipboard, keepForPaste } from '../state/clipboard.ts';
import { download, downloadFolder } from '../state/download.ts';
import { listing, refresh } from '../state/listing.ts';
import { hrefOf, open, openPreview } from '../state/navigation.ts';
import { clearSelection } from '../state/selection.ts';
import { paste } from '../state/transfers.ts';
import { chooseFiles } from '../state/uploads.ts';
import { say, sayCount } from '../words/words.ts';
import { askDetails } from './dialogs/details.tsx';
import { askShare, type Shared } from './dialogs/share.tsx';
import type { MenuGroup, MenuItem } from './menu.tsx';

/** Opens a folder, or the preview of a file. */
export function openEntry(entry: Entry): void {
  if (entry.kind === 'folder') {
    open(hrefOf(entry));
  } else {
    openPreview(entry);
  }
}

export function canWrite(): boolean {
  return listing.value.head?.access === 'write';
}

/** Visitors of a share have no place of their own to copy to. */
export function canCopy(): boolean {
  return listing.value.head?.root === undefined;
}

/** What links the user may make to an entry, if any; without one, to the folder that is shown. */
export function shareable(entry?: Entry): Shared | undefined {
  const { head, place } = listing.value;
  const kinds = head?.can.share ?? [];
  const some = entry?.kind === 'file' ? kinds.filter(kind => kind === 'read') : kinds;
  if (head === undefined || some.length === 0) {
    return undefined;
  }
  return entry === undefined
    ? { name: head.path.at(-1) ?? '', href: place.href, kinds: some }
    : { name: entry.name, href: hrefOf(entry), kinds: some };
}

/** What can be done with entries. */
export function entryMenu(entries: readonly Entry[]): MenuGroup[] {
  const [first] = entries;
  if (first === undefined) {
    return folderMenu();
  }
  const isOne = entries.length === 1;
  const look: MenuItem[] = [
    ...(isOne ? [{ label: say('open'), icon: 'chevron', hint: '↵', run: () => openEntry(first) } as const] : []),
    { label: say(isSaved(entries) ? 'download' : 'downloadZip'), icon: 'download', run: () => void download(entries) },
    ...(isOne ? shareItems(first) : []),
    ...(isOne ? [{ label: say('details'), icon: 'info', run: () => void askDetails(first) } as const] : []),
  ];
  const change: MenuItem[] = [
    ...(canWrite() && isOne
      ? [{ label: say('rename'), icon: 'rename', hint: 'F2', run: () => void askRename(first) } as const]
      : []),
    ...(canCopy()
      ? [{ label: say('copy'), icon: 'copy', hint: 'Ctrl C', run: () => keep('COPY', entries) } as const]
      : []),
    ...(canWrite()
      ? ([
          { label: say('cut'), icon: 'cut', hint: 'Ctrl X', run: () => keep('MOVE', entries) },
          { label: say('remove'), icon: 'trash', hint: 'Del', isDangerous: true, run: () => void askRemove(entries) },
        ] as const)
      : []),
  ];
  return [{ items: look }, ...(change.length > 0 ? [{ items: change }] : [])];
}

/** Keeps entries for a paste, and selects nothing any more: the next press opens the folder that they go to. */
export function keep(method: Clipboard['method'], entries: readonly Entry[]): void {
  keepForPaste(method, entries);
  clearSelection();
}

/** Returns true when the entries are one file, which is saved as it is. */
export function isSaved(entries: readonly Entry[]): boolean {
  return entries.length === 1 && entries[0]?.kind === 'file';
}

/** What can be done in the folder that is shown. */
export function folderMenu(): MenuGroup[] {
  return [...(canWrite() ? [{ items: newItems() }] : []), { items: lookItems() }];
}

/** What can be done with the folder that is shown, whatever its user may change. */
export function lookItems(): MenuItem[] {
  const { place, head } = listing.value;
  // Above the mounts there is too much to be packed. What a search has found is no folder.
  const isFolder = place.search === undefined && (head?.path.length !== 0 || head.root !== undefined);
  return [
    ...(isFolder ? shareItems() : []),
    ...(isFolder ? [{ label: say('downloadZip'), icon: 'download', run: () => void downloadFolder() } as const] : []),
    { label: say('refresh'), icon: 'refresh', run: () => void refresh() },
  ];
}

function shareItems(entry?: Entry): MenuItem[] {
  const shared = shareable(entry);
  return shared === undefined ? [] : [{ label: say('share'), icon: 'share', run: () => void askShare(shared) }];
}

/** What can be put into the folder that is shown. */
export function newItems(): MenuItem[] {
  const waiting = clipboard.value;
  return [
    { label: say('uploadFiles'), icon: 'upload', run: () => chooseFiles({ isFolder: false }) },
    { label: say('uploadFolder'), icon: 'folderPlus', run: () => chooseFiles({ isFolder: true }) },
    { label: say('newFolder'), icon: 'folderPlus', run: () => void askNewFolder() },
    ...(waiting === undefined
      ? []
      : [{ label: sayCount('pasteCount', waiting.items.length), icon: 'paste', run: () => void paste() } as const]),
  ];
}
