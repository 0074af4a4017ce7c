import { randomBytes, randomUUID } from 'node:crypto';
import { putContent } from '../graph/content.ts';
import { isGraphError } from '../graph/errors.ts';
import { createFolder, deleteItem, getItem } from '../graph/items.ts';
import { FILE_ACCESS, judgeRoles } from '../graph/roles.ts';
import { readText } from '../graph/transport.ts';
import { type Check, type Finding, SkippedBecause } from './check.ts';
import { explainError, isThrottling } from './explain-error.ts';
import type { MountUnderTest } from './mount.ts';
import type { DriveStepParts } from './quota.ts';

const FILE = 'doctor.txt';
const TEXT_BYTES = 32;
/** Time for the clean-up, which runs even when doctor is being stopped. */
const CLEAN_UP_MS = 30_000;

export interface WriteParts extends DriveStepParts {
  /** Reports a missing role; then a refusal needs no finding of its own. */
  readonly permissions: Check;
}

/** Checks writing: writes a file into a folder of its own, reads it back and removes both. */
export function writeCheck({ mount, needs, throttling, permissions }: WriteParts): Check {
  return {
    name: 'write',
    mount: mount.config.name,
    needs,
    throttling,
    run: async signal => {
      if (mount.config.readOnly) {
        return [{ level: 'skipped', saw: 'the mount is read-only' }];
      }
      const { files } = judgeRoles(await mount.tenant.roles(signal));
      if (!FILE_ACCESS[files].writes) {
        throw new SkippedBecause(permissions);
      }
      return tryToWrite(mount, signal);
    },
  };
}

/**
 * Writes, reads and deletes in a mount whose drive is known; returns the failures as findings, too. Throws GraphError
 * only when Microsoft throttles, and the signal's reason; then it has cleaned up.
 */
export async function tryToWrite(mount: MountUnderTest, signal: AbortSignal): Promise<Finding[]> {
  const { tenant, config } = mount;
  const driveId = mount.driveId!;
  const name = `onedrive-webdav doctor ${randomUUID()}`;
  const path = `/${[...config.root, name].join('/')}`;
  const {
    item: { id },
  } = await createFolder(tenant.graph.call, { driveId, names: config.root }, { name, wasFree: true }, signal);
  const { finding, error } = await writeAndRead(mount, id, signal).then(
    finding => ({ finding, error: undefined }),
    (error: unknown) => ({ finding: undefined, error }),
  );
  const left = await removeFolder(mount, id, path);
  signal.throwIfAborted();
  if (left === undefined && isThrottling(error)) {
    throw error;
  }
  return [finding ?? explain(error), ...(left === undefined ? [] : [left])];
}

async function writeAndRead(
  { tenant: { graph }, driveId }: MountUnderTest,
  folderId: string,
  signal: AbortSignal,
): Promise<Finding> {
  const text = randomBytes(TEXT_BYTES).toString('hex');
  const place = { driveId: driveId!, id: folderId, names: [FILE] };
  const bytes = { length: text.length, open: () => [Buffer.from(text)] };
  const stored = await putContent(graph.call, place, { bytes, conflict: 'fail' }, signal);
  const known = stored === undefined ? place : { driveId: driveId!, id: stored.id };
  const { downloadUrl } = await getItem(graph.call, known, signal, { isKnown: true });
  if (downloadUrl === undefined) {
    return { level: 'failure', saw: 'Graph gives no download URL for a file that was just written' };
  }
  const { body } = await graph.openContent({ method: 'GET', url: downloadUrl, success: [200], signal });
  const got = await readText(body, text.length + 1);
  const host = new URL(downloadUrl).host;
  return got === text
    ? { level: 'ok', saw: `a file was written, read back from ${host} and deleted; it is in the recycle bin` }
    : {
        level: 'failure',
        saw: `${host} returns other content than was written`,
        means: 'something in between changes contents',
        cure: 'allow this machine to reach that host without inspection',
      };
}

function explain(error: unknown): Finding {
  if (isGraphError(error, 'network') || isGraphError(error, 'timeout')) {
    return {
      ...explainError(error),
      means: "the tenant's content host cannot be reached, or the connection broke",
      cure: "allow this machine to reach the tenant's -my.sharepoint.com and .sharepoint.com hosts, port 443",
    };
  }
  return explainError(error);
}

async function removeFolder(
  { tenant, driveId }: MountUnderTest,
  id: string,
  path: string,
): Promise<Finding | undefined> {
  try {
    await deleteItem(tenant.graph.call, { driveId: driveId!, id }, AbortSignal.timeout(CLEAN_UP_MS));
    return undefined;
  } catch (error) {
    return {
      level: 'failure',
      saw: `the folder ${path} could not be deleted: ${error instanceof Error ? error.message : error}`,
      means: 'the test folder is still there; a retention policy can prevent an application from deleting it',
      cure: 'delete it by hand',
    };
  }
}
