/** How an operator names a drive. */
export type DriveSource =
  /** By user principal name or object id. */
  | { readonly kind: 'mailbox'; readonly mailbox: string }
  | { readonly kind: 'drive'; readonly driveId: string }
  /** A site as host and path; without a library it is the site's default one. */
  | { readonly kind: 'site'; readonly site: string; readonly library: string | undefined };

/** As people read it. */
export function formatSource(source: DriveSource): string {
  switch (source.kind) {
    case 'mailbox':
      return `the OneDrive of "${source.mailbox}"`;
    case 'drive':
      return `the drive "${source.driveId}"`;
    case 'site':
      return source.library === undefined
        ? `the default library of "${source.site}"`
        : `the library "${source.library}" of "${source.site}"`;
  }
}

/** By what a drive is found again in the store: no mailbox has a slash in its name. */
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
