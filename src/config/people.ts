import { completeLimits } from '../mounts/limits.ts';
import { type MountRights, namedMounts } from '../mounts/rights.ts';
import type { PeopleRule } from '../people/people-rule.ts';
import { namesOneOf } from './check-users.ts';
import type { Problem } from './config-error.ts';
import { type CompleteMounts, chooseTenant } from './mounts.ts';
import type { GivenPeopleRule } from './people-schema.ts';
import type { ParsedConfig } from './schema.ts';

/** In the mounts of people it means the person's own OneDrive. */
const OWN = 'own';

interface Context extends CompleteMounts {
  readonly problems: Problem[];
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** Completes the rules for people with their defaults, and reports mounts that cannot exist. */
export function completePeople(config: ParsedConfig, context: Context): PeopleRule[] {
  return config.people.map((given, position) => {
    const complain = (path: PropertyKey[], message: string) => {
      const key = ['people', position, ...path];
      context.problems.push({ line: context.lineOf(key), key: key.join('.'), message });
    };
    checkMounts(given, context, complain);
    return {
      tenant: chooseTenant(given, config, (key, message) => complain([key], message)),
      match: [given.match].flat(),
      exclude: [given.exclude].flat(),
      group: given.group ?? undefined,
      appRole: given.appRole ?? undefined,
      guests: given.guests,
      mounts: rightsOf(given),
      download: given.download ?? undefined,
      limits: given.limits === null ? undefined : completeLimits(given.limits, config.limits.perUser),
      shares: given.shares,
      ...(given.operator ? { isOperator: true } : {}),
      devicePasswords: given.devicePasswords,
      position,
    };
  });
}

function rightsOf({ mounts, access }: GivenPeopleRule): MountRights {
  return namedMounts(typeof mounts === 'string' ? [mounts] : mounts, access);
}

function checkMounts(
  given: GivenPeopleRule,
  { mounts, mailboxRules }: CompleteMounts,
  complain: (path: PropertyKey[], message: string) => void,
): void {
  const { own, named } = rightsOf(given);
  if (own !== undefined && namesOneOf(OWN, mounts)) {
    complain(
      ['mounts'],
      `"${OWN}" is the person's own OneDrive, so no mount may have this name: give that mount another`,
    );
  }
  if (own !== undefined && mailboxRules.length === 0 && !mounts.some(({ source }) => source.kind === 'mailbox')) {
    complain(
      ['mounts'],
      'nobody has a drive of their own: add a mount with the key mailboxes, or one for each mailbox',
    );
  }
  for (const name of mailboxRules.length > 0 ? [] : Object.keys(named)) {
    if (!namesOneOf(name, mounts)) {
      const known = mounts.map(mount => mount.name).join(', ');
      complain(['mounts'], `there is no mount "${name}"; there are: ${known}, and own`);
    }
  }
}
