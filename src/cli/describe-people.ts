import type { Config } from '../config/load.ts';
import type { MailboxRule } from '../discovery/mount-config.ts';
import type { MountRights } from '../mounts/rights.ts';
import type { PeopleRule } from '../people/people-rule.ts';

type Checked = Pick<Config, 'people' | 'mounts' | 'mailboxRules' | 'tenants'>;

/** Returns the label of a rule in output: its key in the configuration. */
export function labelOf({ position }: Pick<PeopleRule, 'position'>): string {
  return `people[${position}]`;
}

/** Returns a line for each rule for people. */
export function describePeople({ people, tenants }: Checked): string[] {
  return people.map(rule => {
    const from = tenants.length > 1 ? ` of tenant ${rule.tenant}` : '';
    const download = rule.download === undefined ? '' : `, downloads by ${rule.download}`;
    const passwords = `at most ${rule.devicePasswords} device passwords`;
    const operator = rule.isOperator ? ', operators' : '';
    const rights = `${describeRights(rule.mounts)}${download}, ${passwords}${operator}`;
    return `${labelOf(rule)}${from}: ${describeWho(rule)}: ${rights}`;
  });
}

/** Returns a line for each rule that does not do what it seems to, or more than it seems to. */
export function warnOfPeople(config: Checked): string[] {
  return config.people.flatMap(rule => {
    const warnings = [...warnOfOwn(rule, config), ...warnOfRoles(rule, config), ...warnOfAll(rule)];
    return warnings.map(warning => `! ${labelOf(rule)}: ${warning}`);
  });
}

function describeWho({ match, exclude, guests, group, appRole }: PeopleRule): string {
  const isAny = match.includes('*');
  const who = isAny ? 'everyone' : match.join(', ');
  return [
    who,
    exclude.length === 0 ? '' : ` but ${exclude.join(', ')}`,
    guests ? ', guests as well,' : '',
    group === undefined ? '' : ` in the group ${group}`,
    appRole === undefined ? '' : ` with the role ${appRole}`,
  ].join('');
}

function describeRights({ own, named }: MountRights): string {
  return [
    ...(own === undefined ? [] : [`${own} the own OneDrive`]),
    ...Object.entries(named).map(([name, access]) => `${access} ${name === '*' ? 'all mounts' : name}`),
  ].join(', ');
}

function warnOfOwn(rule: PeopleRule, config: Checked): string[] {
  if (rule.mounts.own === undefined) {
    return [];
  }
  const isHere = ({ tenant }: { tenant: string }) => idOf(tenant, config) === idOf(rule.tenant, config);
  const guests = rule.guests ? ['a guest has no OneDrive of their own here'] : [];
  if (config.mailboxRules.filter(isHere).some(mailboxes => covers(mailboxes, rule))) {
    return guests;
  }
  const isPartial = config.mailboxRules.some(isHere);
  const singles = config.mounts
    .filter(isHere)
    .flatMap(({ source }) => (source.kind === 'mailbox' ? [source.mailbox] : []));
  const mounted = [...(isPartial ? ['those whom a rule of mounts finds'] : []), ...singles];
  const who = mounted.length === 0 ? 'nobody has' : `only these have: ${mounted.join(', ')}`;
  return [`not everyone has an own OneDrive here; ${who}. Add to mounts: mailboxes: {match: "*"}`, ...guests];
}

/** Returns true when the rule certainly mounts the OneDrive of all people of the other rule. */
function covers({ match, exclude, group }: MailboxRule, people: PeopleRule): boolean {
  const fold = (text: string) => text.toLowerCase();
  const excluded = people.exclude.map(fold);
  return (
    (group === undefined || (people.group !== undefined && fold(group) === fold(people.group))) &&
    exclude.every(glob => excluded.includes(fold(glob))) &&
    people.match.every(glob => match.some(wide => isWider(fold(wide), fold(glob))))
  );
}

/** `*@contoso.com` is wider than `a*@contoso.com`. Of globs that are not so simple only equal ones are compared. */
function isWider(wide: string, glob: string): boolean {
  return wide === glob || wide === '*' || (/^\*[^*?]*$/.test(wide) && glob.endsWith(wide.slice(1)));
}

function warnOfRoles({ appRole, tenant }: PeopleRule, { tenants }: Checked): string[] {
  const credential = tenants.find(({ name }) => name === tenant)!.credential;
  return appRole !== undefined && credential.clientId === undefined
    ? ['the application is not known, and so are its roles: set clientId of the managed identity']
    : [];
}

function warnOfAll({ match, group, appRole, mounts }: PeopleRule): string[] {
  const access = mounts.named['*'];
  const isEveryone = match.includes('*') && group === undefined && appRole === undefined;
  const may = access === 'write' ? 'read and change' : 'read';
  return access !== undefined && isEveryone ? [`everyone may ${may} all mounts, other people's OneDrives as well`] : [];
}

function idOf(tenant: string, { tenants }: Checked): string {
  return tenants.find(({ name }) => name === tenant)!.tenantId.toLowerCase();
}
