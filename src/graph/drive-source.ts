/** How an operator names a drive. */
export type DriveSource =
  /** By user principal name or object id. */
  | {
      readonly kind: 'mailbox';
      readonly mailbox: string;
      /** For people, where `mailbox` is an object id: the user principal name as last seen. */
      readonly address?: string;
    }
  | { readonly kind: 'drive'; readonly driveId: string }
  /** A site by host and path; without a library, its default one. */
  | { readonly kind: 'site'; readonly site: string; readonly library: string | undefined };

/** Formats a source for people. */
export function formatSource(source: DriveSource): string {
  switch (source.kind) {
    case 'mailbox':
      return `the OneDrive of "${source.address ?? source.mailbox}"`;
    case 'drive':
      return `the drive "${source.driveId}"`;
    case 'site':
      return source.library === undefined
        ? `the default library of "${source.site}"`
        : `the library "${source.library}" of "${source.site}"`;
  }
}

/** Returns a drive's key in the store: no mailbox name contains a slash, so `site/` is unambiguous. */
export function pinName(source: DriveSource): string {
  switch (source.kind) {
    case 'mailbox':
      return source.mailbox;
    case 'drive':
      return source.driveId;
    case 'site':
      return `site/${source.site}/${source.library ?? ''}`;
  }
}
