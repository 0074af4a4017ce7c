import type { Config, TenantConfig } from '../config/load.ts';
import type { CallGraph } from '../graph/client.ts';
import type { DirectoryUser } from '../graph/users.ts';
import { askDirectory } from './ask-directory.ts';
import { createRuleFinder, mayHaveDrive } from './mailbox-rule.ts';
import type { MailboxRule } from './mount-config.ts';
import type { RuleMatches } from './rule-matches.ts';

/** Returns the users whom a tenant's rules find in its directory now. Throws GraphError. */
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
