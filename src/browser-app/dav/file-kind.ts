import type { Entry } from './entry.ts';

/** What a file is to a person. Each has an icon of its own. */
export type FileKind =
  | 'folder'
  | 'image'
  | 'video'
  | 'audio'
  | 'pdf'
  | 'markdown'
  | 'text'
  | 'code'
  | 'document'
  | 'sheet'
  | 'slides'
  | 'archive'
  | 'other';

const BY_ENDING: Readonly<Record<Exclude<FileKind, 'folder' | 'other'>, string>> = {
  image: 'png jpg jpeg gif webp avif bmp ico svg heic heif tif tiff',
  video: 'mp4 m4v mov webm mkv avi wmv mpg mpeg ogv',
  audio: 'mp3 m4a aac wav flac ogg oga opus wma',
  pdf: 'pdf',
  markdown: 'md markdown',
  text: 'txt log csv tsv ini conf cfg env rtf srt vtt',
  code: 'js mjs cjs ts tsx jsx json jsonc yaml yml toml xml html htm css scss py rb rs go java kt c h cc cpp hpp cs php sh bash ps1 bat sql lua swift r dart vue diff patch',
  document: 'doc docx docm dot dotx odt pages',
  sheet: 'xls xlsx xlsm xlsb ods numbers',
  slides: 'ppt pptx pptm pps ppsx odp key',
  archive: 'zip 7z rar tar gz tgz bz2 xz zst iso dmg',
};

const KINDS = new Map(
  Object.entries(BY_ENDING).flatMap(([kind, endings]) =>
    endings.split(' ').map(ending => [ending, kind as FileKind] as const),
  ),
);

export function fileKindOf({ name, kind, type = '' }: Pick<Entry, 'name' | 'kind' | 'type'>): FileKind {
  if (kind === 'folder') {
    return 'folder';
  }
  const byEnding = KINDS.get(/\.([^.]+)$/.exec(name.toLowerCase())?.[1] ?? '');
  return byEnding ?? byType(type);
}

function byType(type: string): FileKind {
  const [main, sub] = type.split(';', 1)[0]!.trim().toLowerCase().split('/');
  // Drawings of programs (`image/vnd.dwg`) are no pictures to a browser.
  if (sub?.startsWith('vnd.')) {
    return 'other';
  }
  if (main === 'image' || main === 'video' || main === 'audio' || main === 'text') {
    return main;
  }
  return sub === 'pdf' ? 'pdf' : 'other';
}
