import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { parseConfigText } from '../config/parse.ts';
import { UsageError } from '../lib/usage-error.ts';
import { partsOfFlags, tenantOf } from './config-parts.ts';
import { renderConfig } from './config-text.ts';
import type { Dialogue } from './dialogue.ts';
import { readPassword } from './first-user.ts';
import { MOUNT_FLAGS, mountsOfFlags, saysWhatToMount } from './mailboxes.ts';
import type { SetupOptions } from './options.ts';
import { checkPublicUrl, refuseWish } from './people.ts';

/** Placeholders for values that are unknown until somebody answers. */
const PLACEHOLDER_ID = '00000000-0000-0000-0000-000000000000';
const PLACEHOLDER_MAILBOX = { mailbox: 'placeholder@example.com' };
const PLACEHOLDER_USER = 'placeholder';
const PLACEHOLDER_HASH =
  '$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/** Checks at the start what would otherwise fail at the end. Throws UsageError, which names the flags. */
export async function checkFlags(options: SetupOptions, { isInteractive }: Dialogue): Promise<void> {
  if (!isInteractive && !saysWhatToMount(options)) {
    throw new UsageError(
      `${MOUNT_FLAGS} is missing, and there is no terminal to ask: which OneDrives should be mounted?`,
    );
  }
  const mounts = mountsOfFlags(options);
  if (options.exclude !== undefined && mounts.rule === undefined) {
    throw new UsageError('--exclude needs --all, --match or --group');
  }
  checkSignIn(options, mounts.rule !== undefined || !saysWhatToMount(options), isInteractive);
  checkAsConfig(options);
  await checkPlace(resolve(options.config));
  if (options.userPasswordFile !== undefined) {
    await readPassword(options.userPasswordFile);
  }
}

/** Checks the flags of people who sign in. */
function checkSignIn(options: SetupOptions, hasRule: boolean, isInteractive: boolean): void {
  const { signIn, publicUrl, user, userPasswordFile } = options;
  if (signIn !== 'people') {
    return;
  }
  if (!hasRule) {
    refuseWish(options, 'needs --all, --match or --group');
  }
  if (publicUrl === undefined && !isInteractive) {
    refuseWish(options, 'needs --public-url');
  }
  if (user !== undefined || userPasswordFile !== undefined) {
    refuseWish(options, 'makes no user: leave out --user and --user-password-file');
  }
  const objection = publicUrl === undefined ? undefined : checkPublicUrl(publicUrl);
  if (objection !== undefined) {
    throw new UsageError(`--public-url: ${objection}`);
  }
}

/** Renders a configuration from the flags and runs its own checks. */
function checkAsConfig(options: SetupOptions): void {
  const mounts = mountsOfFlags(options);
  const known = { cloud: options.cloud ?? 'global', tenantId: PLACEHOLDER_ID, clientId: PLACEHOLDER_ID };
  const text = renderConfig(
    {
      ...partsOfFlags(options),
      tenant: tenantOf({ ...known, keys: { clientSecretEnv: PLACEHOLDER_USER } }, options),
      mounts: saysWhatToMount(options) ? mounts : { mailboxes: [PLACEHOLDER_MAILBOX], rule: undefined },
      readOnly: options.readOnly ?? false,
      user: { name: options.user?.trim() ?? PLACEHOLDER_USER, passwordHash: PLACEHOLDER_HASH },
    },
    new Date(0),
  );
  try {
    parseConfigText(text, options.config);
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(explainByFlags(error), { cause: error }) : error;
  }
}

/** Checks that the folder, or its nearest existing parent, is writable. */
async function checkPlace(file: string): Promise<void> {
  if (
    await stat(file).then(
      found => found.isDirectory(),
      () => false,
    )
  ) {
    throw new UsageError(`--config: ${file} is a folder; name a file in it`);
  }
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      const isFolder = (await stat(folder)).isDirectory();
      await access(folder, constants.W_OK | constants.X_OK);
      if (!isFolder) {
        throw new UsageError(`--config: ${folder} is not a folder, so nothing can be written below it`);
      }
      return;
    } catch (cause) {
      if (cause instanceof UsageError) {
        throw cause;
      }
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || folder === dirname(folder)) {
        throw new UsageError(`--config: cannot write to ${folder}: ${message}`, { cause });
      }
    }
  }
}

const FLAG_OF_KEY: readonly (readonly [key: RegExp, flag: string])[] = [
  [/^publicUrls/, '--public-url'],
  [/^users\.0\.name/, '--user'],
  [/^mounts\.\d+\.mailboxes\.match/, '--match'],
  [/^mounts\.\d+\.mailboxes\.exclude/, '--exclude'],
  [/^mounts\.\d+\.mailboxes\.group/, '--group'],
  [/^mounts/, '--mount'],
  [/^listen/, '--listen'],
  [/^dataDir/, '--data-dir'],
  [/^outbound\.proxy/, '--outbound-proxy'],
  [/^outbound\.caFile/, '--ca-file'],
  [/^tenant\.authorityHost/, '--authority-host'],
  [/^tenant\.graphUrl/, '--graph-url'],
  [/^tenant\.contentHosts/, '--content-host'],
];

/**
 * Lists the problems by flag, or by configuration key where no flag sets it. Holds no values: some are secret.
 */
export function explainByFlags({ problems }: ConfigError): string {
  return problems
    .map(({ key, message }) => `${FLAG_OF_KEY.find(([pattern]) => pattern.test(key))?.[1] ?? key}: ${message}`)
    .join('\n');
}
