import type { CallGraph } from './client.ts';
import { type DriveInfo, readDrive } from './drives.ts';
import type { WireDrive } from './types.ts';

/** What people want to know of a drive, besides its size. */
export interface DriveDetails extends DriveInfo {
  /** Of the user whose OneDrive it is; undefined for a library, or when Graph does not tell. */
  readonly ownerEmail: string | undefined;
  readonly ownerName: string | undefined;
  /** The host from which its bytes come; undefined when Graph does not tell. */
  readonly contentHost: string | undefined;
}

const SELECT = 'id,quota,owner,webUrl';

/** A drive with its owner as they are called today (Graph docs, "drive resource type"). */
export async function getDriveDetails(call: CallGraph, driveId: string, signal: AbortSignal): Promise<DriveDetails> {
  const path = `/drives/${encodeURIComponent(driveId)}?$select=${SELECT}`;
  const { json } = await call({ method: 'GET', path, signal });
  const { owner, webUrl } = (json ?? {}) as Partial<WireDrive>;
  return {
    ...readDrive(json),
    ownerEmail: owner?.user?.email,
    ownerName: owner?.user?.displayName,
    contentHost: URL.parse(webUrl ?? '')?.host,
  };
}
