import type { CallGraph } from '../graph/client.ts';
import { listGroupUsers } from '../graph/groups.ts';
import type { Rights } from '../graph/roles.ts';
import { type DirectoryUser, listUsers } from '../graph/users.ts';
import { compileGlob } from '../lib/glob.ts';
import { isGuid } from '../lib/guid.ts';
import { printable } from '../lib/printable.ts';
import type { ChosenMailbox, ChosenMounts, ChosenRule } from './config-text.ts';
import type { Dialogue } from './dialogue.ts';
import { SetupError } from './errors.ts';
import type { SetupOptions } from './options.ts';
import { type Candidate, lookAtDrives } from './probe-mailboxes.ts';

export interface MailboxParts {
  readonly call: CallGraph;
  readonly rights: Rights;
  readonly options: SetupOptions;
  readonly dialogue: Dialogue;
}

type Way = 'all' | 'match' | 'group' | 'pick' | 'type';

interface WayToChoose {
  readonly name: string;
  readonly isOpen: (rights: Rights) => boolean;
}

/** A way without an entry does not compile. The entries are offered in this order. */
const WAYS = {
  all: { name: 'everybody, including future users', isOpen: rights => rights.directory },
  match: {
    name: 'addresses that match a pattern, such as *@contoso.com',
    isOpen: rights => rights.directory,
  },
  group: { name: 'the members of a group', isOpen: rights => rights.directory && rights.groups },
  pick: { name: 'some that I pick from a list', isOpen: rights => rights.directory },
  type: { name: 'some whose addresses I type', isOpen: () => true },
} satisfies Record<Way, WayToChoose>;
export const MOUNT_FLAGS = '--all, --match, --group or --mount';
/** A longer list is impractical to pick from. */
const MAX_PICK = 200;

/** Chooses the mailboxes to mount, and probes their drives as far as Microsoft's throttling allows. */
export async function chooseMounts(parts: MailboxParts, signal: AbortSignal): Promise<ChosenMounts> {
  const { options } = parts;
  const way = saysWhatToMount(options) ? undefined : await chooseWay(parts);
  const rule = ruleOf(options) ?? (await askForRule(way, parts));
  checkRights(rule, parts.rights);
  const people = parts.rights.directory && rule?.group === undefined ? await readDirectory(parts, signal) : [];
  const mailboxes = await collectMailboxes(way, { ...parts, people }, signal);
  if (rule !== undefined) {
    await lookAtRule(rule, { ...parts, people }, signal);
  }
  return { mailboxes: withNames(mailboxes), rule };
}

/** Returns the mounts from the flags alone, unverified. */
export function mountsOfFlags(options: SetupOptions): ChosenMounts {
  const mailboxes = withoutTwins((options.mount ?? []).map(address => ({ mailbox: address.trim() })));
  return { mailboxes: withNames(mailboxes), rule: ruleOf(options) };
}

export function saysWhatToMount({ all, match, group, mount }: SetupOptions): boolean {
  return all === true || match !== undefined || group !== undefined || mount !== undefined;
}

/** Offers only the ways that the permissions allow. */
function chooseWay({ rights, dialogue }: MailboxParts): Promise<Way> {
  const choices = (Object.keys(WAYS) as Way[])
    .filter(value => WAYS[value].isOpen(rights))
    .map(value => ({ value, name: WAYS[value].name }));
  return dialogue.choose({ flag: MOUNT_FLAGS, ask: 'Which OneDrives should be mounted?', choices });
}

function ruleOf({ all, match, group, exclude = [] }: SetupOptions): ChosenRule | undefined {
  return all || match !== undefined || group !== undefined ? { match: match ?? ['*'], exclude, group } : undefined;
}

async function askForRule(way: Way | undefined, { dialogue }: MailboxParts): Promise<ChosenRule | undefined> {
  switch (way) {
    case 'all':
      return { match: ['*'], exclude: [] };
    case 'match': {
      const pattern = await dialogue.text({
        flag: '--match',
        ask: 'Pattern (* is any text, ? one character)',
        check: checkNotEmpty,
      });
      return { match: splitList(pattern), exclude: [] };
    }
    case 'group': {
      const check = (text: string) =>
        isGuid(text) ? undefined : 'write the Object ID, as the Overview of the group shows it';
      const group = await dialogue.text({ flag: '--group', ask: 'Object ID of the group', check });
      return { match: ['*'], exclude: [], group };
    }
    case 'pick':
    case 'type':
    case undefined:
      return undefined;
  }
}

function checkRights(rule: ChosenRule | undefined, rights: Rights): void {
  const missing = [
    ...(rule === undefined || rights.directory ? [] : ['User.Read.All']),
    ...(rule?.group === undefined || rights.groups ? [] : ['GroupMember.Read.All']),
  ];
  if (missing.length > 0) {
    throw new SetupError(
      `to find mailboxes by a rule the application needs ${missing.join(' and ')} too: add it as an application permission of Microsoft Graph and consent again, or name the mailboxes with --mount`,
    );
  }
}

/** Lists all users except guests, whose OneDrive is in their home tenant. */
async function readDirectory({ call, dialogue }: MailboxParts, signal: AbortSignal): Promise<DirectoryUser[]> {
  dialogue.progress.show('reading the directory');
  const users = await listUsers(call, {
    signal,
    onPage: count => dialogue.progress.show(`reading the directory: ${count} users`),
  });
  dialogue.progress.clear();
  return users
    .filter(({ userPrincipalName }) => !/#EXT#/i.test(userPrincipalName))
    .sort((left, right) => left.userPrincipalName.localeCompare(right.userPrincipalName, 'en'));
}

interface PickParts extends MailboxParts {
  readonly people: readonly DirectoryUser[];
}

/** Collects the single mailboxes; asks again for unknown ones. */
async function collectMailboxes(way: Way | undefined, parts: PickParts, signal: AbortSignal): Promise<ChosenMailbox[]> {
  const { options, dialogue } = parts;
  for (let given = options.mount; ; given = undefined) {
    const addresses = given ?? (await askForAddresses(way, parts));
    const chosen = withoutTwins(addresses.map(address => describe(address.trim(), parts.people)));
    const { unknown } = await lookAtDrives(chosen.map(candidateOf), parts, signal);
    if (unknown.length === 0) {
      return chosen;
    }
    const complaint = `nobody in the tenant is called ${unknown.join(', ')}; give the user principal name, as Entra shows it`;
    if (!dialogue.isInteractive) {
      throw new SetupError(complaint);
    }
    dialogue.tell(complaint);
    way = 'type';
  }
}

async function askForAddresses(way: Way | undefined, { dialogue, people }: PickParts): Promise<readonly string[]> {
  switch (way) {
    case 'type': {
      const ask = 'Addresses (user principal names), separated by commas';
      return splitList(await dialogue.text({ flag: '--mount', ask, check: checkNotEmpty }));
    }
    case 'pick':
      return pickFromList(people, dialogue);
    case 'all':
    case 'match':
    case 'group':
    case undefined:
      return [];
  }
}

async function pickFromList(people: readonly DirectoryUser[], dialogue: Dialogue): Promise<readonly string[]> {
  let shown = people;
  while (shown.length > MAX_PICK || shown.length === 0) {
    dialogue.tell(`${shown.length} of ${people.length} people match: narrow the list to between 1 and ${MAX_PICK}.`);
    const glob = compileGlob(
      await dialogue.text({ flag: '--mount', ask: 'Pattern for the list, such as a*@contoso.com' }),
    );
    shown = people.filter(
      ({ userPrincipalName, displayName }) => glob.test(userPrincipalName) || glob.test(displayName),
    );
  }
  const choices = shown.map(({ userPrincipalName, displayName }) => ({
    value: userPrincipalName,
    name: printable(`${userPrincipalName}  ${displayName}`),
  }));
  return dialogue.pick({ flag: '--mount', ask: 'Pick with the space bar', choices });
}

function describe(address: string, people: readonly DirectoryUser[]): ChosenMailbox {
  const wanted = address.toLowerCase();
  const person = people.find(({ id, userPrincipalName }) => [id, userPrincipalName.toLowerCase()].includes(wanted));
  return person === undefined
    ? { mailbox: address }
    : { mailbox: person.userPrincipalName, remark: person.displayName };
}

async function lookAtRule(rule: ChosenRule, { people, ...parts }: PickParts, signal: AbortSignal): Promise<void> {
  const found = (rule.group === undefined ? people : await readGroup(rule.group, parts, signal)).filter(
    matcherOf(rule),
  );
  if (found.length === 0) {
    throw new SetupError(
      'the rule matches nobody; its patterns apply to user principal names, as "onedrive-webdav mailboxes" lists them',
    );
  }
  parts.dialogue.tell(`The rule matches ${found.length} ${found.length === 1 ? 'person' : 'people'}.`);
  await lookAtDrives(
    found.map(({ id, userPrincipalName }) => ({ id, address: userPrincipalName })),
    parts,
    signal,
  );
}

async function readGroup(
  group: string,
  { call, dialogue }: MailboxParts,
  signal: AbortSignal,
): Promise<DirectoryUser[]> {
  dialogue.progress.show('reading the members of the group');
  return listGroupUsers(call, group, signal);
}

function matcherOf({ match, exclude }: ChosenRule): (user: DirectoryUser) => boolean {
  const [included, excluded] = [match.map(compileGlob), exclude.map(compileGlob)];
  return ({ userPrincipalName }) =>
    included.some(glob => glob.test(userPrincipalName)) && !excluded.some(glob => glob.test(userPrincipalName));
}

/** Removes duplicates. */
function withoutTwins(mailboxes: readonly ChosenMailbox[]): ChosenMailbox[] {
  return [...new Map(mailboxes.map(chosen => [chosen.mailbox.toLowerCase(), chosen])).values()];
}

function candidateOf({ mailbox }: ChosenMailbox): Candidate {
  return { id: mailbox, address: mailbox };
}

/**
 * Names a folder after the part before the @ or, if that is taken, after the whole address. An object id is its own
 * name.
 */
function withNames(mailboxes: readonly ChosenMailbox[]): ChosenMailbox[] {
  const taken = new Set<string>();
  return mailboxes.map(chosen => {
    const local = chosen.mailbox.split('@', 1)[0]!.toLowerCase();
    const needsName = taken.has(local) || isGuid(chosen.mailbox);
    taken.add(local);
    return needsName ? { ...chosen, name: chosen.mailbox } : chosen;
  });
}

function checkNotEmpty(list: string): string | undefined {
  return splitList(list).length === 0 ? 'enter at least one' : undefined;
}

function splitList(text: string): string[] {
  return text.split(/[\s,;]+/).filter(part => part !== '');
}
