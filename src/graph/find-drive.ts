import type { CallGraph } from './client.ts';
import type { DriveSource } from './drive-source.ts';
import { type DriveInfo, getDrive, getUserDrive } from './drives.ts';
import { getSiteDrive } from './sites.ts';

/** Finds a drive. Throws GraphError `answer` when Graph does not have it; `whyNoDrive` may know the reason. */
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
