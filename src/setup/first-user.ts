import { randomBytes } from 'node:crypto';
import { Secret } from '../lib/secret.ts';
import { UsageError } from '../lib/usage-error.ts';
import type { ChosenMounts } from './config-text.ts';
import { readText } from './credential.ts';
import type { Dialogue } from './dialogue.ts';
import type { NewFile } from './new-files.ts';
import type { SetupOptions } from './options.ts';

/** NIST SP 800-63B: the least for a password that people choose. */
const MIN_PASSWORD_CHARACTERS = 8;
const PASSWORD_BYTES = 12;
/** As the configuration allows. */
const MAX_NAME_CHARACTERS = 200;
/** Beside the configuration, where nobody would see a generated password. */
export const PASSWORD_FILE = 'user-password.txt';
/** For a server of many mailboxes. */
const USUAL_NAME = 'onedrive';

export interface FirstUser {
  readonly name: string;
  readonly password: Secret;
  /** How its owner comes to know it. */
  readonly handover: 'chosen' | 'shown' | 'file';
  readonly files: readonly NewFile[];
}

export interface FirstUserParts {
  readonly options: SetupOptions;
  readonly dialogue: Dialogue;
  readonly mounts: ChosenMounts;
}

/** The first user of the server: the name and password of clients, which have nothing to do with Microsoft's. */
export async function makeFirstUser(parts: FirstUserParts): Promise<FirstUser> {
  const { options, dialogue, mounts } = parts;
  const [only, ...others] = mounts.mailboxes;
  const isOfOne = only !== undefined && others.length === 0 && mounts.rule === undefined;
  const byDefault = isOfOne ? only.mailbox.split('@', 1)[0]! : USUAL_NAME;
  const name = await dialogue.text(
    { flag: '--user', ask: 'User name for WebDAV clients', byDefault, check: checkName },
    options.user,
  );
  if (options.userPasswordFile !== undefined) {
    return { name, password: await readPassword(options.userPasswordFile), handover: 'chosen', files: [] };
  }
  return { name, ...(await choosePassword(dialogue)) };
}

/** Throws UsageError when it cannot be read or is too short. */
export async function readPassword(file: string): Promise<Secret> {
  const text = await readText(file, '--user-password-file');
  return checked(text.replace(/\r?\n$/, ''));
}

async function choosePassword(dialogue: Dialogue): Promise<Omit<FirstUser, 'name'>> {
  const way = await dialogue.choose({
    flag: '--user-password-file',
    ask: 'Password for it',
    choices: [
      { value: 'generate', name: 'make one up' },
      { value: 'type', name: 'let me type one' },
    ],
    byDefault: 'generate',
  });
  if (way === 'type') {
    return { password: await askTwice(dialogue), handover: 'chosen', files: [] };
  }
  // Hexadecimal: a leading dash would be an option to the programs that take it.
  const password = new Secret(randomBytes(PASSWORD_BYTES).toString('hex'));
  // What is not a terminal may be a log.
  return dialogue.isInteractive
    ? { password, handover: 'shown', files: [] }
    : { password, handover: 'file', files: [{ name: PASSWORD_FILE, content: new Secret(`${password.reveal()}\n`) }] };
}

async function askTwice(dialogue: Dialogue): Promise<Secret> {
  for (;;) {
    const first = await dialogue.secret({ flag: '--user-password-file', ask: 'Password', check: checkPassword });
    const second = await dialogue.secret({ flag: '--user-password-file', ask: 'Again' });
    if (first.reveal() === second.reveal()) {
      return first;
    }
    dialogue.tell('The two differ.');
  }
}

function checkName(name: string): string | undefined {
  return name === '' || name.length > MAX_NAME_CHARACTERS || /[:\\\u0000-\u001f]/.test(name)
    ? `a user name has no ":" or "\\", and 1 to ${MAX_NAME_CHARACTERS} characters`
    : undefined;
}

function checkPassword(password: string): string | undefined {
  return password.length < MIN_PASSWORD_CHARACTERS ? `at least ${MIN_PASSWORD_CHARACTERS} characters` : undefined;
}

function checked(password: string): Secret {
  const objection = checkPassword(password);
  if (objection !== undefined) {
    throw new UsageError(`--user-password-file: ${objection}`);
  }
  return new Secret(password);
}
