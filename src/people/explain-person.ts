import type { CallGraph } from '../graph/client.ts';
import { type DirectoryUser, findUserByMail } from '../graph/users.ts';
import { createAdmission } from './admission.ts';
import { askForUser, groupsOf, knownFrom, lookAtRoles, type RoleUsers } from './directory-look.ts';
import { compileRule } from './objections.ts';
import type { AdmittedPerson } from './people.ts';
import type { PeopleRule } from './people-rule.ts';

/** One application of a tenant and the rules for its people. */
export interface AskedApplication {
  readonly tenantId: string;
  readonly call: CallGraph;
  readonly clientId: string | undefined;
  readonly rules: readonly PeopleRule[];
}

/** What the rules say of one user of the directory. */
export interface ExplainedPerson {
  readonly user: DirectoryUser;
  /** Object ids, in lower case, of all groups that contain the user, when they were asked for. */
  readonly groups: readonly string[];
  /** Undefined when no rule matches. */
  readonly admitted: AdmittedPerson | undefined;
  readonly matching: readonly PeopleRule[];
  /** The other rules, with the reason. */
  readonly others: readonly { readonly rule: PeopleRule; readonly objection: string }[];
}

/**
 * Asks the directory about a user, by principal name, object id or mail address, with 2 calls, and more where rules name
 * roles. Undefined when it has no such user. Throws GraphError.
 */
export async function explainPerson(
  { tenantId, call, clientId, rules }: AskedApplication,
  { name, withGroups }: { readonly name: string; readonly withGroups: boolean },
  signal: AbortSignal,
): Promise<ExplainedPerson | undefined> {
  const asks = { withGroups: withGroups || groupsOf(rules).length > 0 };
  const asked =
    (await askForUser(call, { userId: name, ...asks }, signal)) ??
    (await askByMail(call, { mail: name, ...asks }, signal));
  if (asked === undefined) {
    return undefined;
  }
  const roleUsers: RoleUsers = await lookAtRoles({ call, clientId, rules }, signal);
  const known = knownFrom(asked, { tenantId, rules }, roleUsers);
  const judged = rules.map(rule => ({ rule, objection: compileRule(rule)(known) }));
  return {
    ...asked,
    admitted: createAdmission(rules)(known),
    matching: judged.filter(({ objection }) => objection === undefined).map(({ rule }) => rule),
    others: judged.flatMap(({ rule, objection }) => (objection === undefined ? [] : [{ rule, objection }])),
  };
}

async function askByMail(
  call: CallGraph,
  { mail, withGroups }: { readonly mail: string; readonly withGroups: boolean },
  signal: AbortSignal,
) {
  const user = mail.includes('@') ? await findUserByMail(call, mail, signal) : undefined;
  return user && askForUser(call, { userId: user.id, withGroups }, signal);
}
