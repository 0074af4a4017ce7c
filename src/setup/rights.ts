import { FILE_ACCESS, judgeRoles, type Rights } from '../graph/roles.ts';
import { printable } from '../lib/printable.ts';
import { askForConsent, type ConsentParts } from './consent.ts';
import type { ConsentRefusal } from './consent-answer.ts';
import type { Dialogue } from './dialogue.ts';
import { SetupError } from './errors.ts';
import { assignmentSteps, permissionLines, permissionSteps, type Wanted } from './instructions.ts';

/** After consent, new tokens have the roles within seconds, or a minute or two at worst. */
const APPEAR_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 3_000;
/** Roles appear one after the other: a list that has not changed for this long is complete. */
const STABLE_FOR_MS = 20_000;

export interface GrantedRights extends Rights {
  readonly readOnly: boolean;
}

export type RightsParts = Omit<ConsentParts, 'isEnough'>;

/** The roles at the start of a run, and the signal that stops it. */
interface Start {
  readonly roles: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Makes sure that the application has the wanted permissions: reads them from new tokens, asks for consent where some
 * are missing, and reports excess ones. Throws SetupError when some are still missing.
 */
export async function ensureRights(parts: RightsParts, { roles, signal }: Start): Promise<GrantedRights> {
  const { options, dialogue, registration } = parts;
  const wanted = await chooseWanted(judgeRoles(roles), parts);
  const isEnough = (found: readonly string[]) => suffices(judgeRoles(found), wanted);
  if (!isEnough(roles)) {
    if (registration.clientId === '') {
      dialogue.tell(assignmentSteps(wanted));
    }
    if (registration.clientId === '' || options.skipConsent) {
      throw new SetupError(`${explainLack(roles, wanted)}\nGrant them, then run setup again.`);
    }
    dialogue.tell(permissionSteps(registration.cloud, registration.clientId, wanted));
  }
  const granted = isEnough(roles) ? roles : await obtainConsent({ ...parts, isEnough }, wanted, { roles, signal });
  dialogue.tell(describeRights(granted));
  return { ...judgeRoles(granted), readOnly: wanted.readOnly };
}

/** Offers read-only when the administrator has ticked only the read permission. */
async function chooseWanted({ files }: Rights, { options, dialogue }: RightsParts): Promise<Wanted> {
  const byGroup = options.group !== undefined;
  const byRule = byGroup || options.all === true || options.match !== undefined;
  if (options.readOnly || files !== 'read' || !dialogue.isInteractive) {
    return { readOnly: options.readOnly ?? false, byRule, byGroup };
  }
  const ask = 'The application may read files only (Files.Read.All). Continue read-only?';
  return { readOnly: await dialogue.confirm({ flag: '--read-only', ask }, false), byRule, byGroup };
}

function suffices({ files, directory, groups }: Rights, { readOnly, byRule, byGroup }: Wanted): boolean {
  const { reads, writes } = FILE_ACCESS[files];
  const opensFiles = writes || (readOnly && reads);
  return opensFiles && (directory || !byRule) && (groups || !byGroup);
}

async function obtainConsent(parts: ConsentParts, wanted: Wanted, start: Start): Promise<readonly string[]> {
  for (;;) {
    const outcome = await askForConsent(parts, start.signal);
    if (outcome.kind !== 'refused') {
      parts.dialogue.tell(outcome.kind === 'granted' ? 'Consent was granted.' : 'Consent was granted elsewhere.');
      return untilTokensShow(parts, wanted, start);
    }
    await complainOfRefusal(outcome, parts.dialogue);
  }
}

/** Reports the refusal. Throws unless the user wants to try again. */
async function complainOfRefusal({ by, reason, cure, detail }: ConsentRefusal, dialogue: Dialogue): Promise<void> {
  const refusal = `Consent was refused by ${by}: ${reason}.\n  To do: ${cure}.\n  Microsoft says: ${printable(detail)}`;
  if (!dialogue.isInteractive) {
    throw new SetupError(refusal);
  }
  dialogue.tell(refusal);
  if (!(await dialogue.confirm({ flag: '--skip-consent', ask: 'Try again?' }, true))) {
    throw new SetupError('given up: no configuration was written');
  }
}

async function untilTokensShow(
  { access, isEnough, dialogue, clock }: ConsentParts,
  wanted: Wanted,
  { roles: before, signal }: Start,
): Promise<readonly string[]> {
  const end = clock.now() + APPEAR_WITHIN_MS;
  let last = { roles: before, since: clock.now() };
  for (;;) {
    dialogue.progress.show('consent is granted; waiting until new tokens show it');
    const roles = await access.roles(signal);
    if (isEnough(roles)) {
      return roles;
    }
    if (roles.join() !== last.roles.join()) {
      last = { roles, since: clock.now() };
    }
    // New roles that stay unchanged and are not enough are all that the registration asks for.
    const isAll = roles.join() !== before.join() && clock.now() - last.since >= STABLE_FOR_MS;
    if (clock.now() >= end || isAll) {
      throw new SetupError(`${explainLack(roles, wanted)}\nAdd them to the application, then run setup again.`);
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

function explainLack(roles: readonly string[], wanted: Wanted): string {
  const has = roles.length === 0 ? 'no permission at all' : `only ${roles.join(', ')}`;
  const isReader = judgeRoles(roles).files === 'read' && !wanted.readOnly;
  return [
    `The application has ${has}, which is too little${isReader ? ' unless you give --read-only' : ''}.`,
    'It should have, as application permissions (not delegated ones) of Microsoft Graph:',
    ...permissionLines(wanted).map(line => `  ${line}`),
  ].join('\n');
}

/** Describes the consent in plain words: the administrator judges least privilege. */
function describeRights(roles: readonly string[]): string {
  const { files, directory, excess } = judgeRoles(roles);
  const reach = {
    write:
      'this server can read and change every file of every OneDrive and every SharePoint site of the organisation. The mounts and users of its configuration are the only fence. Narrower: Sites.Selected, see docs/setup.md',
    read: 'this server can read every file of every OneDrive and every SharePoint site of the organisation, but change none',
    selected: 'this server can open only the sites that were granted to it one by one',
    none: 'this server can open no files',
  }[files];
  return [
    `The application has ${roles.join(', ')}:`,
    `  ${reach}.`,
    ...(directory ? [] : ['  Without User.Read.All it cannot list mailboxes: you must enter their addresses.']),
    ...(excess.length === 0 ? [] : [`  It needs less: remove ${excess.join(', ')}.`]),
  ].join('\n');
}
