import type { MailboxRule } from '../discovery/mount-config.ts';
import type { RuleMatches } from '../discovery/rule-matches.ts';
import { probeDrives } from '../graph/probe-drives.ts';
import type { DirectoryUser } from '../graph/users.ts';
import type { Check, Finding, ThrottlingCheck } from './check.ts';
import type { TenantUnderTest } from './tenant.ts';

export interface MailboxRuleParts {
  readonly rule: MailboxRule;
  readonly tenant: TenantUnderTest;
  readonly needs: readonly Check[];
  readonly throttling: ThrottlingCheck;
  readonly matches: (signal: AbortSignal) => Promise<RuleMatches>;
}

/**
 * Drives to probe: requests for many missing drives get an IP throttled (SharePoint docs, "Avoid getting throttled").
 */
const MAX_PROBES = 10;
const SHOWN_NAMES = 5;

/** Checks which users a mailbox rule finds. */
export function mailboxRuleCheck({ rule, tenant, needs, throttling, matches }: MailboxRuleParts): Check {
  return {
    name: 'mailbox-rule',
    tenant: tenant.label,
    needs,
    throttling,
    run: async signal => {
      const { considered, usersOf } = await matches(signal);
      const users = usersOf.get(rule) ?? [];
      const saw = `${describeRule(rule)}: ${users.length} of ${considered} users match`;
      if (users.length === 0) {
        return [
          {
            level: 'warning',
            saw,
            means:
              'the rule mounts nothing; guests, and users without a licence for SharePoint, are left out in any case',
            cure: 'compare match, exclude and group with "onedrive-webdav mailboxes"; mailboxes with a mount of their own count there',
          },
        ];
      }
      return users.length > MAX_PROBES
        ? [{ level: 'ok', saw: `${saw}; their drives were not queried` }]
        : describeDrives(saw, users, await probe(tenant, users, signal));
    },
  };
}

async function probe(
  { graph }: TenantUnderTest,
  users: readonly DirectoryUser[],
  signal: AbortSignal,
): Promise<{ missing: { name: string; message: string }[]; looked: number }> {
  const ids = users.map(({ id }) => id);
  const { byUserId } = await probeDrives(graph.call, ids, { signal });
  const missing = users.flatMap(({ id, userPrincipalName: name }) => {
    const found = byUserId.get(id);
    return found !== undefined && 'message' in found ? [{ name, message: found.message }] : [];
  });
  return { missing, looked: byUserId.size };
}

function describeDrives(
  saw: string,
  users: readonly DirectoryUser[],
  { missing, looked }: Awaited<ReturnType<typeof probe>>,
): Finding[] {
  if (missing.length === 0) {
    const count = looked === users.length ? 'all of them have' : `${looked} were queried and have`;
    return [{ level: 'ok', saw: `${saw}, and ${count} a OneDrive` }];
  }
  const shown = missing
    .slice(0, SHOWN_NAMES)
    .map(({ name }) => name)
    .join(', ');
  return [
    { level: 'ok', saw },
    {
      level: 'warning',
      saw: `${missing.length} of them have no OneDrive that can be opened: ${shown}${missing.length > SHOWN_NAMES ? ', …' : ''}`,
      means: `their mounts exist and answer 404. ${missing[0]!.name}: ${missing[0]!.message}`,
      cure: 'do that, or list them in exclude',
    },
  ];
}

/** Names a rule by what it matches. */
export function describeRule({ match, exclude, group }: MailboxRule): string {
  const without = exclude.length === 0 ? '' : ` but ${exclude.join(', ')}`;
  return `mailboxes ${match.join(', ')}${without}${group === undefined ? '' : ` of group ${group}`}`;
}
