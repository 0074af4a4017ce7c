import type { CallGraph } from './client.ts';
import { GraphError } from './errors.ts';
import type { WireDrive } from './types.ts';

/** Sizes are in bytes; absent members are unknown. */
export interface DriveInfo {
  readonly id: string;
  readonly total: number | undefined;
  readonly used: number | undefined;
  readonly remaining: number | undefined;
}

/**
 * Returns the drive of a user, by object id or user principal name (Graph docs, "Get Drive"). An application never
 * provisions one.
 */
export async function getUserDrive(call: CallGraph, mailbox: string, signal: AbortSignal): Promise<DriveInfo> {
  const { json } = await call({
    method: 'GET',
    path: `/users/${encodeURIComponent(mailbox)}/drive?$select=id,quota`,
    signal,
  });
  return readDrive(json);
}

export async function getDrive(call: CallGraph, driveId: string, signal: AbortSignal): Promise<DriveInfo> {
  const { json } = await call({
    method: 'GET',
    path: `/drives/${encodeURIComponent(driveId)}?$select=id,quota`,
    signal,
  });
  return readDrive(json);
}

export function readDrive(json: unknown): DriveInfo {
  const drive = json as WireDrive | undefined;
  if (typeof drive?.id !== 'string') {
    throw new GraphError('protocol', 'Graph returned a drive without an id');
  }
  const { total, used, remaining } = drive.quota ?? {};
  return { id: drive.id, total, used, remaining };
}
