import { CLOUD_NAMES, type CloudName } from '../graph/cloud-names.ts';
import { isGraphError } from '../graph/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { isGuid } from '../lib/guid.ts';
import { type Access, type Outbound, openAccess } from './access.ts';
import { redirectUriOf } from './consent.ts';
import { askForCredential, type ChosenCredential, type CredentialParts, chooseKind } from './credential.ts';
import { SetupError } from './errors.ts';
import { registrationSteps } from './instructions.ts';
import type { CredentialKind } from './options.ts';

const CLOUDS: Record<CloudName, string> = {
  global: 'global: Microsoft 365 anywhere but below, GCC too',
  usgov: 'usgov: US Government L4 (GCC High)',
  usgovdod: 'usgovdod: US Government L5 (DoD)',
  china: 'china: operated by 21Vianet',
};

/** Entra takes some seconds to accept an uploaded certificate. */
const UPLOAD_LOOK_EVERY_MS = 3_000;
const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i;

/** The answers about the application so far; a wrong answer is removed and asked again. */
interface Answers {
  cloud?: CloudName;
  tenantId?: string;
  kind?: CredentialKind;
  clientId?: string;
  chosen?: ChosenCredential;
}

/** An application for which Microsoft issues tokens. */
export interface Application {
  readonly cloud: CloudName;
  readonly tenantId: string;
  readonly clientId: string;
  readonly chosen: ChosenCredential;
  readonly access: Access;
  /** The roles of its tokens now. */
  readonly roles: readonly string[];
}

export type ApplicationParts = CredentialParts & { readonly outbound: Outbound; readonly clock: Clock };

/**
 * Asks until Microsoft issues a token; without a terminal the first refusal is final. The caller closes the access.
 */
export async function establishApplication(parts: ApplicationParts, signal: AbortSignal): Promise<Application> {
  const { dialogue, outbound, clock } = parts;
  const answers: Answers = {};
  for (let isFirst = true; ; isFirst = false) {
    const { cloud, tenantId, clientId, chosen } = await complete(answers, parts, isFirst);
    const access = openAccess({ cloud, tenantId, credential: chosen.credentialOf(clientId) }, outbound, clock);
    try {
      dialogue.progress.show('asking Microsoft for a token');
      const roles = await firstRoles(access, chosen.kind, parts, signal);
      return { cloud, tenantId, clientId, chosen, access, roles };
    } catch (error) {
      await access.close();
      takeBack(answers, error, parts);
    }
  }
}

async function complete(answers: Answers, parts: ApplicationParts, isFirst: boolean): Promise<Required<Answers>> {
  const { options, dialogue } = parts;
  answers.cloud ??= await dialogue.choose<CloudName>(
    {
      flag: '--cloud',
      ask: 'Which cloud is the tenant in?',
      choices: CLOUD_NAMES.map(value => ({ value, name: CLOUDS[value] })),
      byDefault: 'global',
    },
    isFirst ? options.cloud : undefined,
  );
  const isRegistered = options.tenant !== undefined && options.clientId !== undefined;
  if (isFirst && !isRegistered && options.managedIdentity === undefined) {
    dialogue.tell(registrationSteps(answers.cloud, { redirectUri: redirectUriOf(options) }));
  }
  answers.tenantId ??= await dialogue.text(
    { flag: '--tenant', ask: 'Directory (tenant) ID, or a domain of the tenant', check: checkTenant },
    isFirst ? options.tenant : undefined,
  );
  answers.kind ??= await chooseKind(parts);
  answers.clientId ??= answers.kind === 'managed-identity' ? '' : await askForClientId(parts, answers.kind, isFirst);
  answers.chosen ??= await askForCredential(
    { kind: answers.kind, cloud: answers.cloud, clientId: answers.clientId, isFirst },
    parts,
  );
  return answers as Required<Answers>;
}

async function askForClientId(
  { options, dialogue, env }: ApplicationParts,
  kind: CredentialKind,
  isFirst: boolean,
): Promise<string> {
  const given = options.clientId ?? (kind === 'workload-identity' ? env.AZURE_CLIENT_ID : undefined);
  const check = (text: string) =>
    isGuid(text) ? undefined : 'write it as Entra shows it: 8-4-4-4-12 hexadecimal digits';
  return dialogue.text({ flag: '--client-id', ask: 'Application (client) ID', check }, isFirst ? given : undefined);
}

function checkTenant(text: string): string | undefined {
  return isGuid(text) || DOMAIN.test(text) ? undefined : 'write the GUID that Entra shows, or a domain of the tenant';
}

/** Returns the roles of the first token. With a new certificate, waits until somebody has uploaded it. */
async function firstRoles(
  access: Access,
  kind: CredentialKind,
  { dialogue, options, clock }: ApplicationParts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const end = clock.now() + options.consentTimeout * 1000;
  for (;;) {
    try {
      return await access.roles(signal);
    } catch (error) {
      const isUnknownYet = kind === 'new-certificate' && isGraphError(error, 'credential') && error.has('aadsts700027');
      if (!isUnknownYet || clock.now() >= end) {
        throw error;
      }
      dialogue.progress.show('waiting until the certificate is uploaded and known');
      await clock.sleep(UPLOAD_LOOK_EVERY_MS, signal);
    }
  }
}

/** Which answers a refusal of the token endpoint puts in doubt (the codes of `graph/errors.ts`). */
const DOUBTED: Record<string, readonly (keyof Answers)[]> = {
  '7000215': ['chosen'],
  '7000222': ['chosen'],
  '700027': ['chosen'],
  '700016': ['tenantId', 'clientId'],
  '90002': ['tenantId'],
  '900023': ['tenantId'],
  '500011': ['cloud'],
  '1002012': ['cloud'],
};

/** Removes the doubted answers. Throws when new answers cannot help, or nobody can be asked. */
function takeBack(answers: Answers, error: unknown, { dialogue }: ApplicationParts): void {
  if (!isGraphError(error, 'credential')) {
    throw error;
  }
  const doubted = DOUBTED[error.codes[0]?.replace('aadsts', '') ?? ''];
  const isNew = answers.kind === 'new-certificate';
  const message = inFlags(error.message);
  if (doubted === undefined || !dialogue.isInteractive || (isNew && doubted.includes('chosen'))) {
    throw new SetupError(message, { cause: error });
  }
  dialogue.tell(message);
  for (const key of doubted) {
    delete answers[key];
  }
}

const FLAGS: readonly (readonly [key: string, flag: string])[] = [
  ['tenant.clientSecret', '--client-secret-file'],
  ['tenant.clientId', '--client-id'],
  ['tenant.tenantId', '--tenant'],
  ['tenant.cloud', '--cloud'],
  ['tenant.certificateFile', '--certificate-file'],
  ['tenant.managedIdentity', '--managed-identity'],
];

/** Replaces keys of the configuration by flags: there is no configuration yet. */
function inFlags(message: string): string {
  return FLAGS.reduce((text, [key, flag]) => text.replaceAll(key, flag), message);
}
