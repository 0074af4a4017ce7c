import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readCertificate } from '../config/certificate.ts';
import type { CloudName } from '../graph/cloud-names.ts';
import type { Credential } from '../graph/credential-kinds.ts';
import { Secret } from '../lib/secret.ts';
import { UsageError } from '../lib/usage-error.ts';
import type { Dialogue } from './dialogue.ts';
import { federationSteps, secretSteps, uploadSteps } from './instructions.ts';
import { makeCertificate } from './new-certificate.ts';
import { placeFiles, type SecretFile } from './new-files.ts';
import type { CredentialKind, SetupOptions } from './options.ts';

/** The file beside the configuration. */
export const SECRET_FILE = 'client-secret.txt';
/** Length of the thumbprint's part in the file names of a new certificate, which keeps them distinct. */
const THUMBPRINT_CHARACTERS = 8;

export interface ChosenCredential {
  readonly kind: CredentialKind;
  readonly credentialOf: (clientId: string) => Credential;
  /** Keys of `tenant` in the configuration. */
  readonly keys: Readonly<Record<string, string | boolean>>;
  /** Files to write together with the configuration. */
  readonly files: readonly SecretFile[];
  /** Names of files that are already written. */
  readonly present?: readonly string[];
}

export interface CredentialParts {
  readonly options: SetupOptions;
  readonly dialogue: Dialogue;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads standard input to its end. */
  readonly readInput: () => Promise<string>;
  readonly now: () => number;
  /** Called with the absolute path of a new certificate's PEM file. The file stays, however setup ends. */
  readonly onMade: (certificateFile: string) => void;
}

interface Kind {
  readonly name: string;
  readonly isMeant: (flags: SetupOptions) => boolean;
}

/** A kind without an entry does not compile. The entries are offered in this order. */
const KINDS = {
  secret: {
    name: 'a client secret: simple, but must be renewed',
    isMeant: flags => flags.clientSecretFile !== undefined || flags.clientSecretEnv !== undefined,
  },
  'new-certificate': {
    name: 'a new certificate: no secret is typed or sent',
    isMeant: flags => flags.newCertificate ?? false,
  },
  certificate: {
    name: 'an existing certificate with its key, in PEM',
    isMeant: flags => flags.certificateFile !== undefined,
  },
  'managed-identity': {
    name: 'a managed identity: this machine is in Azure',
    isMeant: flags => flags.managedIdentity !== undefined,
  },
  'workload-identity': {
    name: 'workload identity: this is a pod, or has a token from another issuer',
    isMeant: flags => flags.workloadIdentity ?? false,
  },
} satisfies Record<CredentialKind, Kind>;
const KIND_NAMES = Object.keys(KINDS) as CredentialKind[];

/** Returns the kind that the flags mean, or else asks for it. */
export async function chooseKind({ options, dialogue }: CredentialParts): Promise<CredentialKind> {
  const [given, ...others] = KIND_NAMES.filter(kind => KINDS[kind].isMeant(options));
  if (others.length > 0 || (options.clientSecretFile !== undefined && options.clientSecretEnv !== undefined)) {
    throw new UsageError('give only one credential: each of these flags names a different one');
  }
  const ask = 'How does the application prove its identity?';
  const flag =
    '--client-secret-file, --client-secret-env, --certificate-file, --new-certificate, --managed-identity or --workload-identity';
  const choices = KIND_NAMES.map(value => ({ value, name: KINDS[value].name }));
  const kind = await dialogue.choose({ flag, ask, choices }, given);
  if (kind === 'new-certificate' && options.dryRun) {
    throw new UsageError(
      '--new-certificate cannot be combined with --dry-run: a key that is not kept is useless in Entra',
    );
  }
  return kind;
}

/** `isFirst`: the flags still count; on later rounds they are known to be wrong. */
export interface Asked {
  readonly kind: CredentialKind;
  readonly cloud: CloudName;
  /** Empty for a managed identity, which is no registered application. */
  readonly clientId: string;
  readonly isFirst: boolean;
}

export async function askForCredential(asked: Asked, parts: CredentialParts): Promise<ChosenCredential> {
  switch (asked.kind) {
    case 'secret':
      return askForSecret(asked, parts);
    case 'certificate':
      return askForCertificate(asked, parts);
    case 'new-certificate':
      return makeNewCertificate(asked, parts);
    case 'managed-identity': {
      const { managedIdentity = true } = parts.options;
      const clientId = managedIdentity === true ? undefined : managedIdentity;
      const credential = { kind: 'managed-identity', clientId } as const;
      return { kind: asked.kind, credentialOf: () => credential, keys: { managedIdentity }, files: [] };
    }
    case 'workload-identity':
      return readWorkloadIdentity(asked, parts);
  }
}

async function askForSecret({ cloud, clientId, isFirst }: Asked, parts: CredentialParts): Promise<ChosenCredential> {
  const { options, dialogue } = parts;
  const given = isFirst ? await readGivenSecret(parts) : undefined;
  if (given === undefined) {
    dialogue.tell(secretSteps(cloud, clientId));
  }
  const check = (text: string) => (text.trim() === '' ? 'the secret is empty' : undefined);
  const answer = await dialogue.secret(
    { flag: '--client-secret-file', ask: 'Client secret (its Value)', check },
    given,
  );
  const secret = new Secret(answer.reveal().trim());
  const kept = given === undefined ? undefined : secretReference(options);
  return {
    kind: 'secret',
    credentialOf: clientId => ({ kind: 'secret', clientId, secret }),
    keys: kept ?? { clientSecretFile: `./${SECRET_FILE}` },
    files: kept === undefined ? [{ name: SECRET_FILE, content: new Secret(`${secret.reveal()}\n`) }] : [],
  };
}

/** Returns the configuration's reference to the given secret, so that a stored secret is not copied. */
function secretReference({ clientSecretFile, clientSecretEnv }: SetupOptions): Record<string, string> | undefined {
  if (clientSecretEnv !== undefined) {
    return { clientSecretEnv };
  }
  return clientSecretFile === '-' ? undefined : { clientSecretFile: resolve(clientSecretFile!) };
}

async function readGivenSecret({ options, dialogue, env, readInput }: CredentialParts): Promise<Secret | undefined> {
  const { clientSecretFile: file, clientSecretEnv: variable } = options;
  if (variable !== undefined) {
    const value = env[variable];
    if (!value) {
      throw new UsageError(`--client-secret-env: the environment variable ${variable} is not set`);
    }
    return new Secret(value);
  }
  if (file === undefined) {
    return undefined;
  }
  if (file === '-') {
    dialogue.tell('Reading the client secret from standard input.');
    return new Secret(await readInput());
  }
  return new Secret(await readText(file, '--client-secret-file'));
}

function checkNotEmpty(text: string): string | undefined {
  return text === '' ? 'the answer is empty' : undefined;
}

async function askForCertificate({ isFirst }: Asked, parts: CredentialParts): Promise<ChosenCredential> {
  const { options, dialogue } = parts;
  const file = resolve(
    await dialogue.text(
      { flag: '--certificate-file', ask: 'PEM file of the certificate and its key', check: checkNotEmpty },
      isFirst ? options.certificateFile : undefined,
    ),
  );
  const passwordFile = options.certificatePasswordFile;
  const password =
    passwordFile === undefined ? undefined : (await readText(passwordFile, '--certificate-password-file')).trim();
  const read = readCertificate(await readText(file, '--certificate-file'), { password, now: parts.now() });
  if ('objection' in read) {
    const flag = read.key === 'certificateFile' ? '--certificate-file' : '--certificate-password-file';
    throw new UsageError(`${flag}: ${read.objection}`);
  }
  return {
    kind: 'certificate',
    credentialOf: clientId => ({ kind: 'certificate', clientId, pem: read.pem }),
    keys: {
      certificateFile: file,
      ...(passwordFile === undefined ? {} : { certificatePasswordFile: resolve(passwordFile) }),
    },
    files: [],
  };
}

/**
 * Makes a certificate and writes it at once, not with the rest: the public half goes to Entra now, and is worthless
 * without the key. The file names are new, because a server may be using an existing key in that folder.
 */
async function makeNewCertificate({ cloud, clientId }: Asked, parts: CredentialParts): Promise<ChosenCredential> {
  const { options, dialogue } = parts;
  dialogue.progress.show('making a key');
  const made = await makeCertificate(parts.now());
  const name = `certificate-${made.thumbprint.slice(0, THUMBPRINT_CHARACTERS).toLowerCase()}` as const;
  const [pemName, publicName] = [`${name}.pem`, `${name}.cer`] as const;
  const files: SecretFile[] = [
    { name: pemName, content: made.pem },
    { name: publicName, content: new Secret(made.publicPem) },
  ];
  const folder = dirname(resolve(options.config));
  await placeFiles(folder, files, { replace: [] });
  const file = resolve(folder, pemName);
  parts.onMade(file);
  dialogue.tell(`The certificate and its key are in ${file}, good until ${made.expires.toISOString().slice(0, 10)}.`);
  const upload = { file: resolve(folder, publicName), thumbprint: made.thumbprint, pem: made.publicPem };
  dialogue.tell(uploadSteps(cloud, clientId, upload));
  return {
    kind: 'new-certificate',
    credentialOf: clientId => ({ kind: 'certificate', clientId, pem: made.pem }),
    keys: { certificateFile: `./${pemName}` },
    files: [],
    present: [pemName],
  };
}

function readWorkloadIdentity(asked: Asked, { options, dialogue, env }: CredentialParts): ChosenCredential {
  const tokenFile = options.federatedTokenFile ?? env.AZURE_FEDERATED_TOKEN_FILE;
  if (!tokenFile) {
    throw new UsageError('--federated-token-file is missing, and AZURE_FEDERATED_TOKEN_FILE is not set');
  }
  if (!asked.isFirst) {
    dialogue.tell(federationSteps(asked.cloud, asked.clientId));
  }
  return {
    kind: 'workload-identity',
    credentialOf: clientId => ({ kind: 'workload-identity', clientId, tokenFile: resolve(tokenFile) }),
    keys: {
      workloadIdentity: true,
      ...(options.federatedTokenFile === undefined ? {} : { federatedTokenFile: resolve(options.federatedTokenFile) }),
    },
    files: [],
  };
}

export async function readText(file: string, flag: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`${flag}: cannot read "${file}": ${(cause as Error).message}`, { cause });
  }
}
