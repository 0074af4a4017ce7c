import type { Config, TenantConfig } from './config/load.ts';
import type { MailboxRule, MountConfig } from './config/mounts.ts';
import { askDirectory } from './discovery/ask-directory.ts';
import { createRuleFinder, mayHaveDrive } from './discovery/mailbox-rule.ts';
import type { CallGraph } from './graph/client.ts';
import type { DirectoryUser } from './graph/users.ts';
import { pinName } from './onedrive/open-drive.ts';
import { lookAtState, type StateLook } from './state/look-at-state.ts';

/** What a server of this configuration knows from before, for those who only want to know: makes and changes nothing. */
export interface ServerMemory {
  readonly state: StateLook;
  /** The drive that it has found for a mount and keeps to; undefined when it has found none. */
  pinnedDriveId(mount: MountConfig): string | undefined;
  /** The mount of a mailbox that a rule has found, by its name. */
  discoveredMount(name: string): MountConfig | undefined;
}

export function recallServer(config: Config): ServerMemory {
  const state = lookAtState(config.dataDir);
  return {
    state,
    pinnedDriveId: ({ source, tenant }) => {
      const { tenantId } = config.tenants.find(({ name }) => name === tenant)!;
      return source.kind === 'drive' ? undefined : state.driveId({ tenantId, mailbox: pinName(source).toLowerCase() });
    },
    discoveredMount: name => {
      const found = state.mailboxes().find(mailbox => mailbox.isMounted && isSameName(mailbox.name, name));
      const rules = config.mailboxRules.filter(({ tenant }) => found?.tenantId.startsWith(tenantIdOf(config, tenant)));
      const rule = found && createRuleFinder(rules, [])(found);
      return rule && { ...rule, name: found.name, source: { kind: 'mailbox', mailbox: found.userId } };
    },
  };
}

function tenantIdOf({ tenants }: Config, tenant: string): string {
  return tenants.find(({ name }) => name === tenant)!.tenantId.toLowerCase();
}

function isSameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

export interface RuleMatches {
  /** Everybody who was looked at. */
  readonly considered: number;
  readonly usersOf: ReadonlyMap<MailboxRule, readonly DirectoryUser[]>;
}

/** Whom the rules of a tenant find in its directory today. Throws GraphError. */
export async function findByRules(
  config: Config,
  { tenant, call, signal }: { tenant: TenantConfig; call: CallGraph; signal: AbortSignal },
): Promise<RuleMatches> {
  const rules = config.mailboxRules.filter(rule => rule.tenant === tenant.name);
  const singles = config.mounts.flatMap(({ source, tenant: name }) =>
    source.kind === 'mailbox' && name === tenant.name ? [source.mailbox] : [],
  );
  const findRule = createRuleFinder(rules, singles);
  const people = await askDirectory(rules, { call, signal });
  const usersOf = new Map<MailboxRule, DirectoryUser[]>(rules.map(rule => [rule, []]));
  for (const { user, groups } of people.values()) {
    const rule = findRule({ userId: user.id, principal: user.userPrincipalName, groups });
    if (rule !== undefined && mayHaveDrive(user)) {
      usersOf.get(rule)!.push(user);
    }
  }
  return { considered: people.size, usersOf };
}
