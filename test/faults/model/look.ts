import assert from 'node:assert/strict';
import { type Dav, davClient } from '../../support/dav-client.ts';
import { locksOn, unlock } from '../../support/locks.ts';
import { textOf } from '../../support/properties.ts';
import type { TestServer } from '../../support/test-server.ts';
import { urlOf } from './client.ts';
import type { ModelLock, Path } from './tree.ts';

/** Where a sequence is played. */
export interface Looking {
  readonly server: TestServer;
  /** Its folder, in both mounts. */
  readonly folder: string;
}

/** The tokens of the locks that reach an entry, as the server shows them. */
export async function shownLocks(looking: Looking, path: Path): Promise<string[]> {
  return (await locksOn(clientOf(looking, 0), targetOf(looking, path))).map(({ token }) => token);
}

/** The dead properties of an entry. */
export async function properties(looking: Looking, path: Path): Promise<Record<string, string>> {
  const p = await textOf(clientOf(looking, 0), targetOf(looking, path), '<x:p/>');
  return p === undefined ? {} : { p };
}

/** Ends a lock as its owner; gives the status. */
export async function unlockOnce(
  looking: Looking,
  { token, client, path }: Pick<ModelLock, 'token' | 'client' | 'path'>,
): Promise<number> {
  const { status } = await unlock(clientOf(looking, client), targetOf(looking, path), token);
  assert.notEqual(status, 500);
  return status;
}

function clientOf({ server }: Looking, client: number): Dav {
  return davClient({ url: server.url, ...[server, ...server.others][client]! });
}

function targetOf(looking: Looking, path: Path): string {
  return new URL(urlOf(path, looking)).pathname;
}
