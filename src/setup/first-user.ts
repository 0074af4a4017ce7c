import { randomBytes } from 'node:crypto';
import { Secret } from '../lib/secret.ts';
import { UsageError } from '../lib/usage-error.ts';
import type { ChosenMounts } from './config-text.ts';
import { readText } from './credential.ts';
import type { Dialogue } from './dialogue.ts';
import type { SecretFile } from './new-files.ts';
import type { SetupOptions } from './options.ts';

/** NIST SP 800-63B: the minimum for a password that people choose. */
const MIN_PASSWORD_CHARACTERS = 8;
const PASSWORD_BYTES = 12;
/** The configuration's limit. */
const MAX_NAME_CHARACTERS = 200;
/** The file beside the configuration for a generated password that cannot be shown at a terminal. */
export const PASSWORD_FILE = 'user-password.txt';
/** The default name for a server of many mailboxes. */
const USUAL_NAME = 'onedrive';

export interface FirstUser {
  readonly name: string;
  readonly password: Secret;
  /** How its owner learns it. */
  readonly handover: 'chosen' | 'shown' | 'file';
  readonly files: readonly SecretFile[];
}

export interface FirstUserParts {
  readonly options: SetupOptions;
  readonly dialogue: Dialogue;
  readonly mounts: ChosenMounts;
}

/** Asks for the first user: the name and password that clients use, which are not Microsoft's. */
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

/** Reads a password. Throws UsageError when it cannot be read or is too short. */
export async function readPassword(file: string): Promise<Secret> {
  const text = await readText(file, '--user-password-file');
  return checked(text.replace(/\r?\n$/, ''));
}

async function choosePassword(dialogue: Dialogue): Promise<Omit<FirstUser, 'name'>> {
  const way = await dialogue.choose({
    flag: '--user-password-file',
    ask: 'Password for it',
    choices: [
      { value: 'generate', name: 'generate one' },
      { value: 'type', name: 'type one' },
    ],
    byDefault: 'generate',
  });
  if (way === 'type') {
    return { password: await askTwice(dialogue), handover: 'chosen', files: [] };
  }
  // Hexadecimal: programs would take a leading dash for an option.
  const password = new Secret(randomBytes(PASSWORD_BYTES).toString('hex'));
  // Output that is not a terminal may be a log.
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
    dialogue.tell('The two passwords differ.');
  }
}

function checkName(name: string): string | undefined {
  return name === '' || name.length > MAX_NAME_CHARACTERS || /[:\\\u0000-\u001f]/.test(name)
    ? `a user name has 1 to ${MAX_NAME_CHARACTERS} characters, without ":" or "\\"`
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
