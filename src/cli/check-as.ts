import type { Config } from '../config/load.ts';
import { mayHaveDrive } from '../discovery/mailbox-rule.ts';
import { type OwnedMount, recallServer } from '../discovery/recall.ts';
import { connectTenants, type Tenants } from '../graph/connect.ts';
import { rightsTo } from '../mounts/rights.ts';
import { explainSight, type LabelledRights } from '../mounts/sight.ts';
import { type ExplainedPerson, explainPerson } from '../people/explain-person.ts';
import { labelOf } from './describe-people.ts';

/** So many mounts are printed. */
const MAX_MOUNTS = 50;

/** Returns what a user of the configuration, or a person of the directory, would see, and why. Throws GraphError. */
export async function describeAs(config: Config, name: string): Promise<string[]> {
  const position = config.users.findIndex(user => user.name.toLowerCase() === name.toLowerCase());
  return position < 0 ? describePerson(config, name) : describeUser(config, position);
}

async function describeUser(config: Config, position: number): Promise<string[]> {
  const { name, mounts, access } = config.users[position]!;
  const [rights] = rightsTo(mounts, access).rules;
  const rules = [{ label: `users[${position}]`, rights: rights! }];
  return [
    `${name} signs in with the password of users[${position}]:`,
    ...describeMounts(config, { rules }, (await recallServer(config)).mountsBeside(undefined)),
  ];
}

async function describePerson(config: Config, name: string): Promise<string[]> {
  if (config.people.length === 0) {
    return [`${name} may not sign in: no user has this name, and there are no rules for people`];
  }
  const tenants = connectTenants(config);
  try {
    const found = await findPerson(config, name, tenants);
    return found.length === 0 ? [`${name} may not sign in: the directory has no such user`] : explain(config, found);
  } finally {
    await tenants.transport.close();
  }
}

interface Found extends ExplainedPerson {
  readonly tenantId: string;
}

/** Asks each application that has rules; several of them may be of one tenant. */
async function findPerson(config: Config, name: string, tenants: Tenants): Promise<Found[]> {
  const withGroups = config.mailboxRules.some(({ group }) => group !== undefined);
  const { signal } = new AbortController();
  const found: Found[] = [];
  for (const { name: tenant, credential, ...given } of config.tenants) {
    const rules = config.people.filter(rule => rule.tenant === tenant);
    const tenantId = given.tenantId.toLowerCase();
    const isElsewhere = found.some(other => other.tenantId !== tenantId);
    if (rules.length > 0 && !isElsewhere) {
      const { call } = tenants.graphOf(tenant);
      const application = { tenantId, call, clientId: credential.clientId, rules };
      const person = await explainPerson(application, { name, withGroups }, signal);
      found.push(...(person === undefined ? [] : [{ ...person, tenantId }]));
    }
  }
  return found;
}

async function explain(config: Config, found: readonly Found[]): Promise<string[]> {
  const { user, groups, tenantId } = found[0]!;
  const userId = user.id.toLowerCase();
  const who = `${user.userPrincipalName} (${user.displayName}, ${userId})`;
  const others = found.flatMap(person => person.others.map(({ rule, objection }) => `${labelOf(rule)}: ${objection}`));
  const matching = found.flatMap(person => person.matching);
  if (matching.length === 0) {
    return [`${who} may not sign in:`, ...(user.isEnabled ? others : ['the account is disabled']).map(indent)];
  }
  const principal = user.userPrincipalName;
  const candidate = { userId, principal, groups, tenantId, mayHaveDrive: mayHaveDrive(user) };
  const rules = matching.map(rule => ({ label: labelOf(rule), rights: rule.mounts }));
  const mounts = (await recallServer(config)).mountsBeside(candidate);
  const hasOwn = rules.some(({ rights }) => rights.own !== undefined);
  const isMissing = hasOwn && !mounts.some(({ owner }) => owner === userId);
  const download = matching.find(rule => rule.download !== undefined)?.download;
  return [
    `${who} may sign in by ${matching.map(labelOf).join(', ')}:`,
    ...describeMounts(config, { rules, owner: userId }, mounts),
    ...(isMissing ? [indent("! no mount is this person's own OneDrive")] : []),
    indent(`at most ${Math.max(...matching.map(rule => rule.devicePasswords))} device passwords`),
    ...(download === undefined ? [] : [indent(`downloads by ${download}`)]),
    ...(others.length === 0 ? [] : ['not by:', ...others.map(indent)]),
  ];
}

function describeMounts(config: Config, rights: LabelledRights, mounts: readonly OwnedMount[]): string[] {
  const seen = explainSight(rights, mounts).toSorted((left, right) => Number(right.isOwn) - Number(left.isOwn));
  const lines = seen.slice(0, MAX_MOUNTS).map(({ mount, access, isOwn, by }) => {
    const why = `by ${by.join(', ')}${mount.readOnly ? '; the mount is read-only' : ''}`;
    return indent(`${access.padEnd(5)}  /${mount.name}${isOwn ? ', the own OneDrive' : ''}, ${why}`);
  });
  const more = seen.length > MAX_MOUNTS ? [indent(`and ${seen.length - MAX_MOUNTS} more`)] : [];
  const isUnknown = config.mailboxRules.length > 0 && mounts.length <= config.mounts.length + 1;
  return [
    ...(lines.length === 0 ? [indent('sees no mount')] : lines),
    ...more,
    ...(isUnknown ? [indent('mounts that rules find are known here once the server has run')] : []),
  ];
}

function indent(line: string): string {
  return `  ${line}`;
}
