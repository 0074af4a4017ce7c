/** Unusual properties of an item, each reported from real drives; most items have none. */
export interface Facets {
  /** The wrong size that Graph reports: negative, too small or too large; null where it is left out. */
  readonly shownSize?: number | null;
  /** Graph reports the item without a name (onedrive-api-docs 580). */
  readonly isNameless?: true;
  /** None of file, folder and package is reported. */
  readonly isBare?: true;
  /** No hash is reported, as for large files and OneNote's. */
  readonly isHashless?: true;
  /** `oneNote` (Graph docs, "package resource type"). */
  readonly packageType?: string;
  /** A shortcut: where its target is (Graph docs, "remoteItem resource type"). */
  readonly remoteItem?: { readonly driveId: string; readonly itemId: string };
  /** The service considers the file malware (Graph docs, "malware resource type"). */
  readonly malware?: string;
  /** Somebody has the file open in Office or in a browser: every change of it is 423. */
  readonly isLocked?: true;
  /** The identity that has checked the file out; all others get 409 `resourceCheckedOut`. */
  readonly checkedOutBy?: string;
  /** The client id of that application; undefined for people. */
  readonly checkedOutByClient?: string;
}

export function readFacets(json: string | null): Facets {
  return json === null ? {} : (JSON.parse(json) as Facets);
}

/** Null where nothing is unusual. */
export function writeFacets(facets: Facets): string | null {
  const text = JSON.stringify(facets);
  return text === '{}' ? null : text;
}
