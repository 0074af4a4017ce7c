/** What is out of the ordinary about an item, each seen by users on real drives; nothing of it for most items. */
export interface Facets {
  /** The size that Graph reports, where it is not true: negative, too small, too large; null where it is left out. */
  readonly shownSize?: number | null;
  /** The item has no name in what Graph reports (onedrive-api-docs 580). */
  readonly isNameless?: true;
  /** None of file, folder and package is reported. */
  readonly isBare?: true;
  /** No hash is reported, as for large files and OneNote's. */
  readonly isHashless?: true;
  /** `oneNote` (Graph docs, "package resource type"). */
  readonly packageType?: string;
  /** A shortcut: where its target is (Graph docs, "remoteItem resource type"). */
  readonly remoteItem?: { readonly driveId: string; readonly itemId: string };
  /** The service takes the file for malware (Graph docs, "malware resource type"). */
  readonly malware?: string;
  /** Somebody has the file open in Office or in a browser: every change of it is 423. */
  readonly isLocked?: true;
  /** Who has checked the file out; everybody else gets 409 `resourceCheckedOut`. */
  readonly checkedOutBy?: string;
  /** The client id of the application that has it; undefined for people. */
  readonly checkedOutByClient?: string;
}

export function readFacets(json: string | null): Facets {
  return json === null ? {} : (JSON.parse(json) as Facets);
}

/** Null where nothing is out of the ordinary. */
export function writeFacets(facets: Facets): string | null {
  const text = JSON.stringify(facets);
  return text === '{}' ? null : text;
}
