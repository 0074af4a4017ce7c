import { getSignInSettings, SIGN_IN_SCOPES, type SignInSettings } from '../graph/applications.ts';
import type { CloudName } from '../graph/cloud-names.ts';
import { isGraphError } from '../graph/errors.ts';
import { callbackUrl } from '../lib/callback-url.ts';
import { isLoopback } from '../lib/loopback.ts';
import { UsageError } from '../lib/usage-error.ts';
import type { Access } from './access.ts';
import type { ChosenMounts, ChosenRule } from './config-text.ts';
import type { Dialogue } from './dialogue.ts';
import { signInSteps } from './instructions.ts';
import type { CredentialKind, SetupOptions } from './options.ts';

/** The people who sign in with Microsoft. */
export interface ChosenPeople {
  readonly rule: ChosenRule;
  /** Where they open this server. */
  readonly publicUrl: string;
}

export interface PeopleParts {
  readonly options: SetupOptions;
  readonly dialogue: Dialogue;
  readonly mounts: ChosenMounts;
  readonly cloud: CloudName;
  /** Empty for a managed identity. */
  readonly clientId: string;
  readonly kind: CredentialKind;
  readonly access: Access;
}

const SIGN_IN_FLAG = '--sign-in';

/**
 * Chooses whether the people of a rule sign in themselves, and says what the registration lacks for it. Undefined: one
 * user name and password for all.
 */
export async function choosePeople(parts: PeopleParts, signal: AbortSignal): Promise<ChosenPeople | undefined> {
  const { options, dialogue, mounts, kind } = parts;
  const { rule } = mounts;
  if (rule === undefined || kind === 'managed-identity') {
    refuseWish(options, rule === undefined ? 'needs --all, --match or --group' : 'needs a registered application');
    return undefined;
  }
  if ((await chooseWay(parts)) === 'one-user') {
    dialogue.tell(
      'Warning: whoever has this one password reaches the files of everybody whom the rule finds. To let each person sign in with Microsoft and see their own files only: --sign-in people.',
    );
    return undefined;
  }
  const question = { flag: '--public-url', ask: 'Address at which people open this server, such as https://…' };
  const publicUrl = await dialogue.text({ ...question, check: checkPublicUrl }, options.publicUrl);
  await tellWhatIsMissing(parts, publicUrl, signal);
  return { rule, publicUrl };
}

/** Throws UsageError when the flags ask for people who sign in where that is impossible. */
export function refuseWish({ signIn }: SetupOptions, why: string): void {
  if (signIn === 'people') {
    throw new UsageError(`${SIGN_IN_FLAG} people ${why}`);
  }
}

/** Returns the objection to an address: Entra sends browsers back to https alone, or to their own machine. */
export function checkPublicUrl(text: string): string | undefined {
  const url = URL.parse(text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  return isSafe && url?.search === '' && url.hash === ''
    ? undefined
    : 'people can sign in only at an https address, such as https://files.example.com';
}

/** A run without a terminal, and one that names the user, makes one user, as ever. */
async function chooseWay({ options, dialogue }: PeopleParts): Promise<'people' | 'one-user'> {
  const namesUser = options.user !== undefined || options.userPasswordFile !== undefined;
  if (options.signIn === undefined && (namesUser || !dialogue.isInteractive)) {
    return 'one-user';
  }
  return dialogue.choose(
    {
      flag: SIGN_IN_FLAG,
      ask: 'Who signs in?',
      choices: [
        { value: 'people', name: 'each person, with Microsoft, and sees their own OneDrive' },
        { value: 'one-user', name: 'one user with one password, who sees all of these OneDrives' },
      ],
      byDefault: 'people',
    },
    options.signIn,
  );
}

/** Examines the registration where it may be read; elsewhere it names all steps. */
async function tellWhatIsMissing(
  { access, cloud, clientId, dialogue }: PeopleParts,
  publicUrl: string,
  signal: AbortSignal,
): Promise<void> {
  const redirectUri = callbackUrl(publicUrl);
  const known = await readSettings(access, clientId, signal);
  const needsRedirect = !known?.redirectUris.includes(redirectUri);
  const scopes = Object.keys(SIGN_IN_SCOPES).filter(name => !known?.scopes.includes(name));
  dialogue.tell(
    needsRedirect || scopes.length > 0
      ? signInSteps(cloud, clientId, { redirectUri: needsRedirect ? redirectUri : undefined, scopes })
      : `The application is ready for people who sign in at ${publicUrl}.`,
  );
}

async function readSettings(
  { graph }: Access,
  clientId: string,
  signal: AbortSignal,
): Promise<SignInSettings | undefined> {
  try {
    return await getSignInSettings(graph.call, clientId, signal);
  } catch (error) {
    // 403: it may not read its registration; 404: that is in another tenant.
    if (isGraphError(error, 'answer') && (error.status === 403 || error.status === 404)) {
      return undefined;
    }
    throw error;
  }
}
