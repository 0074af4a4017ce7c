import type { Entry } from '../drive/entry.ts';
import { shownSize } from '../webdav/folder-page/folder-order.ts';

/** An entry as the app gets it. Absent facts are unknown. */
export interface EntryJson {
  readonly name: string;
  readonly kind: Entry['kind'];
  /** Bytes; of a folder, those of its tree. */
  readonly size?: number;
  readonly modified: string;
  readonly created: string;
  /** Without its quotes. */
  readonly etag: string;
  /** The media type. */
  readonly type?: string;
  readonly shortcut?: true;
}

export function entryJson(entry: Entry): EntryJson {
  const { name, kind, modified, created, etag, contentType, isShortcut } = entry;
  const size = shownSize(entry);
  return {
    name,
    kind,
    ...(size === undefined ? {} : { size }),
    modified: modified.toISOString(),
    created: created.toISOString(),
    etag,
    ...(contentType === undefined ? {} : { type: contentType }),
    ...(isShortcut ? { shortcut: true } : {}),
  };
}
