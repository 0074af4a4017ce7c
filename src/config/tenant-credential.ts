import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Credential } from '../graph/credential-kinds.ts';
import { Secret } from '../lib/secret.ts';
import { readCertificate } from './certificate.ts';
import type { Problem } from './config-error.ts';
import { complain, readSecret, readSecretFile, type SecretSources } from './secrets.ts';
import { type GivenTenant, kindOf } from './tenant-schema.ts';

type Certificate = Extract<Credential, { kind: 'certificate' }>;

/** The complete credential; a certificate has its expiry. */
export type TenantCredential = Exclude<Credential, Certificate> | (Certificate & { readonly expires: Date });

type Given = GivenTenant;

export interface TenantSources extends SecretSources {
  /** The key of the tenant: `tenant`, or `tenants.contoso`. */
  readonly at: string;
}

/** Reads the credential; the schema guarantees exactly one. */
export async function readTenantCredential(given: Given, sources: TenantSources): Promise<TenantCredential> {
  const kind = kindOf(given);
  return READ_CREDENTIAL[kind](given, sources);
}

/** The keys by which a credential is read anew from its files, and the folder of relative paths. */
export interface CredentialPlace {
  readonly given: GivenTenant;
  readonly at: string;
  readonly folder: string;
}

/** Returns where the credential can be read anew; undefined when it is in no file, or is read at each use anyway. */
export function credentialPlace(given: Given, { at, folder }: Omit<CredentialPlace, 'given'>) {
  const isInFile = given.clientSecretFile !== null || given.certificateFile !== null;
  return isInFile ? { given, at, folder } : undefined;
}

/** Reads the credential anew. Throws an error that names the keys and problems; secrets are not in it. */
export async function rereadCredential({ given, at, folder }: CredentialPlace): Promise<TenantCredential> {
  const problems: Problem[] = [];
  const pathOf = (name: string) => resolve(folder, name);
  const read = async (name: string, key: string) => {
    try {
      return await readFile(pathOf(name), 'utf8');
    } catch (error) {
      problems.push({ line: undefined, key, message: `cannot read "${name}": ${(error as Error).message}` });
      return '';
    }
  };
  const sources = { env: {}, at, pathOf, read, problems, lineOf: () => undefined };
  const credential = await readTenantCredential(given, sources);
  if (problems.length > 0) {
    throw new Error(problems.map(({ key, message }) => `${key}: ${message}`).join('; '));
  }
  return credential;
}

type Read = (given: Given, sources: TenantSources) => TenantCredential | Promise<TenantCredential>;

/** A kind without an entry does not compile. */
const READ_CREDENTIAL = {
  secret: readClientSecret,
  certificate: readKeyPair,
  'managed-identity': readManagedIdentity,
  'workload-identity': readWorkloadIdentity,
} satisfies Record<Credential['kind'], Read>;

async function readClientSecret(given: Given, sources: TenantSources): Promise<TenantCredential> {
  const { clientId, clientSecret: value, clientSecretFile: file, clientSecretEnv: env } = given;
  const keys = { file: `${sources.at}.clientSecretFile`, env: `${sources.at}.clientSecretEnv` };
  const secret = new Secret(await readSecret({ value, file, env, keys }, sources));
  return { kind: 'secret', clientId: clientId ?? '', secret };
}

async function readKeyPair(given: Given, sources: TenantSources): Promise<TenantCredential> {
  const pair = await openKeyPair(given.certificateFile!, given, sources);
  return { kind: 'certificate', clientId: given.clientId ?? '', ...pair };
}

async function openKeyPair(
  file: string,
  { certificatePasswordFile }: Given,
  sources: TenantSources,
): Promise<{ pem: Secret; expires: Date }> {
  const nothing = { pem: new Secret(''), expires: new Date(0) };
  const before = sources.problems.length;
  const text = await readSecretFile(file, `${sources.at}.certificateFile`, sources);
  const password =
    certificatePasswordFile === null
      ? undefined
      : await readSecretFile(certificatePasswordFile, `${sources.at}.certificatePasswordFile`, sources);
  if (sources.problems.length > before) {
    return nothing;
  }
  const read = readCertificate(text, { password, now: Date.now() });
  if ('objection' in read) {
    complain(`${sources.at}.${read.key}`, read.objection, sources);
    return nothing;
  }
  return read;
}

function readManagedIdentity({ managedIdentity }: Given, sources: TenantSources): TenantCredential {
  const clientId = typeof managedIdentity === 'string' ? managedIdentity : undefined;
  const { AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE } = sources.env;
  // With these set, @azure/identity uses workload identity instead, past our proxy and certificates
  // (tokenExchangeMsi.js).
  if (AZURE_FEDERATED_TOKEN_FILE && AZURE_TENANT_ID && (clientId ?? AZURE_CLIENT_ID)) {
    const message =
      'the environment offers a workload identity (AZURE_FEDERATED_TOKEN_FILE); use workloadIdentity: true';
    complain(`${sources.at}.managedIdentity`, message, sources);
  }
  return { kind: 'managed-identity', clientId };
}

/** Checks only that the token exists: it is read again at each use, because its issuer replaces it. */
async function readWorkloadIdentity(given: Given, sources: TenantSources): Promise<TenantCredential> {
  const { AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE } = sources.env;
  const file = given.federatedTokenFile ?? AZURE_FEDERATED_TOKEN_FILE;
  const clientId = given.clientId ?? AZURE_CLIENT_ID;
  const key = `${sources.at}.${given.federatedTokenFile === null ? 'workloadIdentity' : 'federatedTokenFile'}`;
  if (!file) {
    complain(
      key,
      'the environment variable AZURE_FEDERATED_TOKEN_FILE is not set; name the file in federatedTokenFile',
      sources,
    );
  } else {
    await readSecretFile(file, key, sources);
  }
  if (!clientId) {
    complain(key, 'the environment variable AZURE_CLIENT_ID is not set; write the client id to clientId', sources);
  }
  return { kind: 'workload-identity', clientId: clientId ?? '', tokenFile: sources.pathOf(file ?? '') };
}
