import type { Entry } from '../dav/entry.ts';
import { askNewFolder, askRemove, askRename, paste } from '../state/actions.ts';
import { clipboard, keepForPaste } from '../state/clipboard.ts';
import { listing, refresh } from '../state/listing.ts';
import { hrefOf, open, openPreview } from '../state/navigation.ts';
import { chooseFiles } from '../state/uploads.ts';
import { say, sayCount } from '../words/words.ts';
import { askDetails } from './dialogs/details.tsx';
import type { MenuGroup, MenuItem } from './menu.tsx';

/** Opens a folder, or the preview of a file. */
export function openEntry(entry: Entry): void {
  if (entry.kind === 'folder') {
    open(hrefOf(entry));
  } else {
    openPreview(entry);
  }
}

/** Has the browser save a file, wherever its bytes come from. */
export function download(entry: Entry): void {
  const link = document.createElement('a');
  link.href = hrefOf(entry);
  link.download = entry.name;
  link.click();
}

export function canWrite(): boolean {
  return listing.value.head?.access === 'write';
}

/** What can be done with entries. */
export function entryMenu(entries: readonly Entry[]): MenuGroup[] {
  const [first] = entries;
  if (first === undefined) {
    return folderMenu();
  }
  const isOne = entries.length === 1;
  const files = entries.filter(({ kind }) => kind === 'file');
  const look: MenuItem[] = [
    ...(isOne ? [{ label: say('open'), icon: 'chevron', hint: '↵', run: () => openEntry(first) } as const] : []),
    ...(files.length === entries.length
      ? [{ label: say('download'), icon: 'download', run: () => files.forEach(download) } as const]
      : []),
    ...(isOne ? [{ label: say('details'), icon: 'info', run: () => void askDetails(first) } as const] : []),
  ];
  const change: MenuItem[] = [
    ...(canWrite() && isOne
      ? [{ label: say('rename'), icon: 'rename', hint: 'F2', run: () => void askRename(first) } as const]
      : []),
    { label: say('copy'), icon: 'copy', hint: 'Ctrl C', run: () => keepForPaste('COPY', entries) },
    ...(canWrite()
      ? ([
          { label: say('cut'), icon: 'cut', hint: 'Ctrl X', run: () => keepForPaste('MOVE', entries) },
          { label: say('remove'), icon: 'trash', hint: 'Del', isDangerous: true, run: () => void askRemove(entries) },
        ] as const)
      : []),
  ];
  return [{ items: look }, { items: change }];
}

/** What can be done in the folder that is shown. */
export function folderMenu(): MenuGroup[] {
  return [
    ...(canWrite() ? [{ items: newItems() }] : []),
    { items: [{ label: say('refresh'), icon: 'refresh', run: () => void refresh() }] },
  ];
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
