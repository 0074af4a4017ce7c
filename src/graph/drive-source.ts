import type { CallGraph } from './client.ts';
import { type DriveInfo, getDrive, getUserDrive } from './drives.ts';
import { getSiteDrive } from './sites.ts';

/** How an operator names a drive. */
export type DriveSource =
  /** By user principal name or object id. */
  | { readonly kind: 'mailbox'; readonly mailbox: string }
  | { readonly kind: 'drive'; readonly driveId: string }
  /** A site as host and path; without a library it is the site's default one. */
  | { readonly kind: 'site'; readonly site: string; readonly library: string | undefined };

/** The drive as Graph knows it. Throws GraphError `answer` when Graph does not have it; `whyNoDrive` may know the reason. */
export function findDrive(call: CallGraph, source: DriveSource, signal: AbortSignal): Promise<DriveInfo> {
  switch (source.kind) {
    case 'mailbox':
      return getUserDrive(call, source.mailbox, signal);
    case 'drive':
      return getDrive(call, source.driveId, signal);
    case 'site':
      return getSiteDrive(call, source, signal);
  }
}

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
