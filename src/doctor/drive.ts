import { type DriveDetails, getDriveDetails } from '../graph/drive-details.ts';
import { formatSource } from '../graph/drive-source.ts';
import { GraphError, isGraphError } from '../graph/errors.ts';
import { findDrive } from '../graph/find-drive.ts';
import { NO_DRIVE_REASONS, type NoDrive, whyNotOpened } from '../graph/missing-drive.ts';
import { FILE_ACCESS, judgeRoles } from '../graph/roles.ts';
import { findUserByMail } from '../graph/users.ts';
import { type Check, type Finding, SkippedBecause, type ThrottlingCheck } from './check.ts';
import { withRequestId } from './explain-error.ts';
import type { MountUnderTest } from './mount.ts';

export interface DriveParts {
  readonly mount: MountUnderTest;
  readonly needs: readonly Check[];
  readonly throttling: ThrottlingCheck;
  /** Reports missing roles; then a refusal needs no finding of its own. */
  readonly permissions: Check;
}

const PROVISIONING = 'https://learn.microsoft.com/en-us/sharepoint/pre-provision-accounts';
const LINKS: Partial<Record<NoDrive, string>> = {
  'never-provisioned': PROVISIONING,
  'no-site-address': PROVISIONING,
  'site-not-found': PROVISIONING,
  'no-licence': PROVISIONING,
  locked: 'https://learn.microsoft.com/en-us/sharepoint/manage-lock-status',
};
const NO_GRANT = {
  means: 'with Sites.Selected the application can open only sites that were granted to it, and this one was not',
  cure: 'let an administrator grant it "write" or "read" on the site (POST /sites/{id}/permissions), or use Files.ReadWrite.All',
  link: 'https://learn.microsoft.com/en-us/graph/permissions-selected-overview',
};

/** Checks that the drive of a mount exists and is still the same one. */
export function driveCheck({ mount, needs, throttling, permissions }: DriveParts): Check {
  const { tenant } = mount;
  return {
    name: 'drive',
    mount: mount.config.name,
    needs,
    throttling,
    run: async signal => {
      if (!FILE_ACCESS[judgeRoles(await tenant.roles(signal)).files].reads) {
        throw new SkippedBecause(permissions);
      }
      try {
        const { id } = await findDrive(tenant.graph.call, mount.config.source, signal);
        return [await describeFound(mount, id, signal)];
      } catch (error) {
        return [await explain(mount, error, signal)];
      }
    },
  };
}

async function describeFound(mount: MountUnderTest, id: string, signal: AbortSignal): Promise<Finding> {
  const { call } = mount.tenant.graph;
  const what = formatSource(mount.config.source);
  if (mount.pinned !== undefined && mount.pinned !== id) {
    return describeTwoDrives(mount, await getDriveDetails(call, mount.pinned, signal).catch(unlessAbsent));
  }
  const details = await getDriveDetails(call, id, signal);
  Object.assign(mount, { driveId: id, contentHost: details.contentHost });
  const owner = ownerOf(details);
  return { level: 'ok', saw: `${what} is there${owner === undefined ? '' : `; its owner is ${owner}`}` };
}

/** Explains that the address now belongs to somebody else, while the server keeps the drive that it found first. */
function describeTwoDrives(mount: MountUnderTest, pinned: DriveDetails | undefined): Finding {
  const what = formatSource(mount.config.source);
  const level = 'failure';
  const takeNew = "write the new user's object id to mailbox";
  if (pinned === undefined) {
    return {
      level,
      saw: `${what} is not the drive that this mount serves; that drive was deleted`,
      means:
        'the account was created anew, or the address now belongs to somebody else; the mount answers 404 to everything',
      cure: `to serve the new one, ${takeNew}`,
    };
  }
  return {
    level,
    saw: `${what} is not the drive that this mount serves: that one belongs to ${ownerOf(pinned) ?? 'somebody else'}`,
    means:
      'the address now belongs to somebody else, or the account was created anew; the mount keeps the drive that it found first',
    cure: `to keep that drive, write ${cureOf(mount, pinned)}; to serve the new one, ${takeNew}`,
  };
}

async function explain(mount: MountUnderTest, error: unknown, signal: AbortSignal): Promise<Finding> {
  const { source, name } = mount.config;
  const why = error instanceof GraphError ? whyNotOpened(error, source) : undefined;
  if (!isGraphError(error) || why === undefined) {
    throw error;
  }
  if (why === 'no-user') {
    const renamed = (await findRenamed(mount, signal)) ?? (await findByMail(mount, signal));
    if (renamed !== undefined) {
      return renamed;
    }
  }
  const finding = {
    level: 'failure',
    saw: `${formatSource(source)} cannot be opened: ${withRequestId(error)}`,
  } as const;
  if (why === 'no-permission' && judgeRoles(await mount.tenant.roles(signal)).files === 'selected') {
    return { ...finding, ...NO_GRANT };
  }
  const { means, cure } = NO_DRIVE_REASONS[why];
  return {
    ...finding,
    means: why === 'no-library' ? error.message : means,
    cure: cure(`the mount ${name}`),
    link: LINKS[why],
  };
}

/** Explains that nobody has the address any more, but its drive still exists. */
async function findRenamed(mount: MountUnderTest, signal: AbortSignal): Promise<Finding | undefined> {
  if (mount.pinned === undefined) {
    return undefined;
  }
  const details = await getDriveDetails(mount.tenant.graph.call, mount.pinned, signal).catch(unlessAbsent);
  if (details === undefined) {
    return undefined;
  }
  Object.assign(mount, { driveId: details.id, contentHost: details.contentHost });
  const owner = ownerOf(details) ?? 'an unknown owner';
  return {
    level: 'warning',
    saw: `nobody is called ${addressOf(mount)} any more; the drive is still there and belongs to ${owner}`,
    means:
      'the primary address was changed. The mount works, because this data folder knows the drive by its id; another data folder would not find it',
    cure: `write ${cureOf(mount, details)}`,
  };
}

/** Looks for a user by mail address, which may differ from the user principal name. */
async function findByMail(mount: MountUnderTest, signal: AbortSignal): Promise<Finding | undefined> {
  const { graph, roles } = mount.tenant;
  const address = addressOf(mount);
  if (!address.includes('@') || !judgeRoles(await roles(signal)).directory) {
    return undefined;
  }
  const user = await findUserByMail(graph.call, address, signal).catch(unlessRefused);
  return user === undefined
    ? undefined
    : {
        level: 'failure',
        saw: `there is no user ${address}, but a user with that mail address: ${user.userPrincipalName}`,
        means:
          'the user principal name differs from the mail address, or was changed; Graph finds users by the user principal name only',
        cure: `write mailbox: ${user.userPrincipalName} and name: ${mount.config.name} to the mount`,
      };
}

function unlessAbsent(error: unknown): undefined {
  if (!(isGraphError(error, 'answer') && error.status === 404)) {
    throw error;
  }
}

/** Ignores a directory that does not answer this query. */
function unlessRefused(error: unknown): undefined {
  if (!(isGraphError(error, 'answer') && [400, 403, 501].includes(error.status))) {
    throw error;
  }
}

function addressOf({ config: { source } }: MountUnderTest): string {
  return source.kind === 'mailbox' ? source.mailbox : '';
}

/** Keeps the mount's name, because clients have bookmarked it. */
function cureOf({ config }: MountUnderTest, { id, ownerEmail }: DriveDetails): string {
  const key = ownerEmail === undefined ? `drive: ${id}` : `mailbox: ${ownerEmail}`;
  return `${key} and name: ${config.name} to the mount`;
}

function ownerOf({ ownerName, ownerEmail }: DriveDetails): string | undefined {
  return ownerEmail === undefined ? ownerName : ownerName === undefined ? ownerEmail : `${ownerName} <${ownerEmail}>`;
}
