import type { Config } from '../config/load.ts';
import { pinName } from '../graph/drive-source.ts';
import { lookAtState } from '../state/look-at-state.ts';
import type { StateLook } from '../state/state-look.ts';
import { createRuleFinder } from './mailbox-rule.ts';
import type { MountConfig } from './mount-config.ts';

/** The stored knowledge of a server with this configuration, for read-only commands: creates and changes nothing. */
export interface ServerMemory {
  readonly state: StateLook;
  /** Returns the drive pinned for a mount; undefined when none was found. */
  pinnedDriveId(mount: MountConfig): string | undefined;
  /** Returns the mount of a discovered mailbox, by name. */
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
