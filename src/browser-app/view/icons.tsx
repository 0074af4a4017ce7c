import type { FileKind } from '../dav/file-kind.ts';

/** Drawn on a square of 20, with lines. */
const LINES = {
  close: 'M5 5l10 10M15 5L5 15',
  check: 'M4.5 10.500l3.5 3.5 7.5-8',
  chevron: 'M7.5 4.500L13 10l-5.5 5.5',
  down: 'M5 7.500l5 5 5-5',
  up: 'M5 12.500l5-5 5 5',
  search: 'M13.2 13.200L17 17M15 9a6 6 0 1 1-12 0 6 6 0 0 1 12 0z',
  upload: 'M10 13V3.500M6 7l4-4 4 4M3.5 13v2.500a1.5 1.5 0 0 0 1.5 1.500h10a1.5 1.5 0 0 0 1.5-1.500V13',
  download: 'M10 3v9.500M6 9l4 4 4-4M3.5 13.500v2a1.5 1.5 0 0 0 1.5 1.500h10a1.5 1.5 0 0 0 1.5-1.500v-2',
  folderPlus:
    'M2.5 5.500A1.5 1.5 0 0 1 4 4h3.200a1.5 1.5 0 0 1 1.1.5L9.6 6H16a1.5 1.5 0 0 1 1.5 1.500v7A1.5 1.5 0 0 1 16 16H4a1.5 1.5 0 0 1-1.5-1.500zM10 8.500v5M7.5 11h5',
  rename: 'M12.5 4.500l3 3L7 16H4v-3zM11 17h6',
  trash:
    'M3.5 5.500h13M8 5V3.500h4V5M5 5.500l.7 10.100a1.5 1.5 0 0 0 1.5 1.400h5.600a1.5 1.5 0 0 0 1.5-1.400L15 5.500M8.5 8.500v5.500M11.5 8.500v5.5',
  copy: 'M7 7V4.500A1.5 1.5 0 0 1 8.5 3h7A1.5 1.5 0 0 1 17 4.500v7a1.5 1.5 0 0 1-1.5 1.500H13M4.5 7h7A1.5 1.5 0 0 1 13 8.500v7a1.5 1.5 0 0 1-1.5 1.500h-7A1.5 1.5 0 0 1 3 15.500v-7A1.5 1.5 0 0 1 4.5 7z',
  cut: 'M7.5 6.500L17 15M7.5 13.500L17 5M8 5.500a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM8 14.500a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  paste:
    'M7 4H5.500A1.5 1.5 0 0 0 4 5.500v10A1.5 1.5 0 0 0 5.5 17h9a1.5 1.5 0 0 0 1.5-1.500v-10A1.5 1.5 0 0 0 14.5 4H13M7.5 2.500h5v3h-5z',
  info: 'M10 9v5M10 6.300v.1M17.5 10a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0z',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  refresh: 'M16.5 10a6.5 6.5 0 1 1-2-4.700L16.5 7M16.5 3v4h-4',
  settings: 'M3 6h7M14 6h3M3 14h3M10 14h7M14 6a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM10 14a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
  list: 'M7 5h10M7 10h10M7 15h10M3 5h.01M3 10h.01M3 15h.01',
  grid: 'M3 3h5.500v5.500H3zM11.5 3H17v5.500h-5.500zM3 11.500h5.500V17H3zM11.5 11.500H17V17h-5.500z',
  share:
    'M13 6.500L7 9.300M7 10.700l6 2.800M17.5 5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM7.5 10a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM17.5 15a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  user: 'M13 7a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM4 17a6 6 0 0 1 12 0',
  activity: 'M2.5 10.500h3.500l2.500-6 3.500 11 2.500-5h3',
  home: 'M3 9.500L10 3.500l7 6M5 8v8.500h3.500V12h3v4.500H15V8',
  pause: 'M7 4.500v11M13 4.500v11',
  play: 'M6 4l10 6-10 6z',
  warning: 'M10 3L18 17H2zM10 8v4.500M10 14.700v.1',
  clock: 'M10 5.500V10l3 2M17.5 10a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0z',
} as const;

export type IconName = keyof typeof LINES;

/** A sign beside or in place of a word; the word is in the label of what it is in. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 20 20" aria-hidden="true">
      <path d={LINES[name]} />
    </svg>
  );
}

/** What is drawn on the sheet of a file, below its fold. */
const SIGNS: Readonly<Record<Exclude<FileKind, 'folder'>, string>> = {
  image: 'M8 18.500l3.2-4 2.2 2.5 1.4-1.6 2.2 3.100zM14.8 11.800h.01',
  video: 'M9.5 11.500l6 3.750-6 3.750z',
  audio:
    'M10.5 17.500v-6l5-1v6M10.5 17.500a1.3 1.3 0 1 1-2.6 0 1.3 1.3 0 0 1 2.6 0zM15.5 16.500a1.3 1.3 0 1 1-2.6 0 1.3 1.3 0 0 1 2.6 0z',
  pdf: 'M8.5 18.500c3-2 4-6 3.5-8 -.5 4 2 6.5 4.5 6.5-3-.5-6 0-8 1.500z',
  markdown: 'M8 18v-6l2 2.5 2-2.500v6M15.5 12v6M13.9 16.400l1.6 1.6 1.6-1.6',
  text: 'M8.5 11.500h7M8.5 14.500h7M8.5 17.500h4.5',
  code: 'M10 12l-2.5 3 2.5 3M14 12l2.5 3-2.5 3',
  document: 'M8.5 11l1.5 7.5 2-6 2 6 1.5-7.5',
  sheet: 'M8.5 11h7v7.500h-7zM8.5 14.700h7M12 11v7.5',
  slides: 'M8.5 18.500v-7.500h3.700a2.2 2.2 0 0 1 0 4.600H8.5',
  archive: 'M12 4v1.500M12 7.500V9M12 11v1.500M10.5 14.500h3v4h-3z',
  other: '',
};

/** The icon of an entry; its colour says the kind once more. */
export function FileIcon({ kind, isShortcut = false }: { readonly kind: FileKind; readonly isShortcut?: boolean }) {
  return (
    <svg class={`file-icon kind-${kind}`} viewBox="0 0 24 24" aria-hidden="true">
      {kind === 'folder' ? <FolderShape /> : <Sheet sign={SIGNS[kind]} />}
      {isShortcut && <path class="sign arrow" d="M7 18l5-5M8.5 13H12v3.5" />}
    </svg>
  );
}

function FolderShape() {
  return (
    <>
      <path
        class="back"
        d="M2 6.500A2.5 2.5 0 0 1 4.5 4h4.300a2 2 0 0 1 1.4.600L12 6.400h7.500A2.5 2.5 0 0 1 22 8.900v8.600A2.5 2.5 0 0 1 19.5 20h-15A2.5 2.5 0 0 1 2 17.500z"
      />
      <path class="front" d="M2 9.500h20v8a2.5 2.5 0 0 1-2.5 2.500h-15A2.5 2.5 0 0 1 2 17.500z" />
    </>
  );
}

function Sheet({ sign }: { readonly sign: string }) {
  return (
    <>
      <path
        class="sheet"
        d="M4.5 4.500A2.5 2.5 0 0 1 7 2h7l5.5 5.500v12A2.5 2.5 0 0 1 17 22H7a2.5 2.5 0 0 1-2.5-2.500z"
      />
      <path class="fold" d="M14 2l5.5 5.500H15.500A1.5 1.5 0 0 1 14 6z" />
      <path class="sign" d={sign} />
    </>
  );
}
