import type { CallGraph } from './client.ts';
import { type DriveInfo, readDrive } from './drives.ts';
import type { WireDrive } from './types.ts';

/** Details of a drive for people, besides its size. */
export interface DriveDetails extends DriveInfo {
  /** The owner's address; undefined for a library, or when Graph does not return it. */
  readonly ownerEmail: string | undefined;
  readonly ownerName: string | undefined;
  /** The host that serves its bytes; undefined when Graph does not return it. */
  readonly contentHost: string | undefined;
}

const SELECT = 'id,quota,owner,webUrl';

/** Returns a drive with its owner's current address (Graph docs, "drive resource type"). */
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
