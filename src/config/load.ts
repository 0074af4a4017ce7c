import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseUsersFile } from '../auth/users-file-text.ts';
import type { MailboxRule, MountConfig } from '../discovery/mount-config.ts';
import type { TenantOptions } from '../graph/tenant-options.ts';
import { Secret } from '../lib/secret.ts';
import type { PeopleRule } from '../people/people-rule.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { objectionToKey } from './download-schema.ts';
import { ONLY_TENANT } from './mounts.ts';
import { type MetricsConfig, readMetrics, readTracing, type TracingConfig } from './observation.ts';
import { nameSources, type Override } from './overrides.ts';
import { placeOf } from './place.ts';
import { parseConfigFile } from './read-file.ts';
import type { ParsedConfig } from './schema.ts';
import { complain, readSecret, type SecretSources } from './secrets.ts';
import { readSignIn, type SignInConfig } from './sign-in.ts';
import { readState, type StateConfig } from './state.ts';
import {
  type CredentialPlace,
  credentialPlace,
  readTenantCredential,
  type TenantCredential,
  type TenantSources,
} from './tenant-credential.ts';
import type { GivenTenant } from './tenant-schema.ts';

/** The configuration for the server: secrets read, files read, paths absolute. */
export interface Config
  extends Omit<
    ParsedConfig,
    | 'listen'
    | 'state'
    | 'outbound'
    | 'tenant'
    | 'tenants'
    | 'mounts'
    | 'people'
    | 'signIn'
    | 'downloads'
    | 'metrics'
    | 'tracing'
  > {
  readonly listen: {
    readonly host: string;
    readonly port: number;
    /** Whether another process of this user may listen on the same port, to take over. */
    readonly reusePort: boolean;
    /** Names of the path; empty for the root. */
    readonly basePath: readonly string[];
    readonly trustedProxies: readonly string[];
    readonly compression: boolean;
    /** The origins whose pages may use this server, or `*` alone. */
    readonly cors: readonly string[];
    readonly tls: { readonly key: Secret; readonly cert: string } | undefined;
    /** Whether clients with TLS may choose HTTP/2. */
    readonly http2: boolean;
  };
  /** Undefined: a file in dataDir. */
  readonly state: StateConfig | undefined;
  readonly outbound: { readonly proxy: string | undefined; readonly caPem: string | undefined };
  /** At least one. */
  readonly tenants: readonly TenantConfig[];
  readonly mounts: readonly MountConfig[];
  readonly mailboxRules: readonly MailboxRule[];
  readonly people: readonly PeopleRule[];
  readonly signIn: SignInConfig;
  readonly metrics: MetricsConfig | undefined;
  readonly tracing: TracingConfig | undefined;
  readonly downloads: Omit<ParsedConfig['downloads'], 'proxy'> & {
    readonly proxy: Omit<ParsedConfig['downloads']['proxy'], 'keys'> & { readonly keys: readonly ProxyKey[] };
  };
}

const USERS_FILE_KEY = 'auth.usersFile.path';

/** A tenant with its credential from the files; its name is `default` where the configuration gives none. */
export interface TenantConfig extends TenantOptions {
  readonly credential: TenantCredential;
  /** Where the credential can be read anew, if it is in a file. */
  readonly credentialPlace?: CredentialPlace | undefined;
}

/**
 * A key of the operator's download proxy: it signs URLs, and its holder may request the links of these mounts.
 */
export interface ProxyKey {
  readonly secret: Secret;
  readonly mounts: '*' | readonly string[];
}

/** `isWatched`: the server itself reads the file again when it changes, once the configuration is in use. */
export type WillRead = (path: string, options: { readonly isWatched: boolean }) => Promise<void>;

export interface LoadOptions {
  /** They count instead of the file and the environment. */
  readonly flags?: readonly Override[];
  /** Called before each file is read, with its absolute path. */
  readonly willRead?: WillRead;
}

/**
 * Reads a configuration: its file, the variables and flags that count instead, and the files that it names. The file may
 * be missing when variables give what is needed. Throws ConfigError, which names every problem with its line, variable
 * or flag.
 */
export async function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  { flags = [], willRead = async () => {} }: LoadOptions = {},
): Promise<Config> {
  await willRead(resolve(file), { isWatched: false });
  const { parsed, mounts, mailboxRules, peopleRules, lineOf, overrides } = await parseConfigFile(file, { env, flags });
  const folder = dirname(resolve(file));
  const problems: Problem[] = [];
  const read = async (name: string, key: string): Promise<string> => {
    try {
      await willRead(resolve(folder, name), { isWatched: key === USERS_FILE_KEY });
      return await readFile(resolve(folder, name), 'utf8');
    } catch (error) {
      problems.push({
        line: lineOf(key.split('.')),
        key,
        message: `cannot read "${name}": ${(error as Error).message}`,
      });
      return '';
    }
  };
  const { tenant, tenants, ...rest } = parsed;
  const { listen, outbound, downloads } = rest;
  const sources = { env, read, pathOf: (name: string) => resolve(folder, name), problems, lineOf };
  const config: Config = {
    ...rest,
    ...placeOf(parsed, folder),
    audit: { file: parsed.audit.file === null ? null : resolve(folder, parsed.audit.file) },
    listen: {
      host: listen.host,
      port: listen.port,
      reusePort: listen.reusePort,
      basePath: listen.basePath.split('/').filter(name => name !== ''),
      trustedProxies: listen.trustedProxies,
      compression: listen.compression,
      cors: listen.cors,
      http2: listen.http2,
      tls:
        listen.tls === null
          ? undefined
          : {
              key: new Secret(await read(listen.tls.keyFile, 'listen.tls.keyFile')),
              cert: await read(listen.tls.certificateFile, 'listen.tls.certificateFile'),
            },
    },
    state: await readState(parsed.state, sources),
    outbound: {
      proxy: outbound.proxy ?? undefined,
      caPem: outbound.caFile === null ? undefined : await read(outbound.caFile, 'outbound.caFile'),
    },
    tenants: await readTenants({ tenant, tenants }, sources),
    mounts,
    mailboxRules,
    people: peopleRules,
    auth: { ...parsed.auth, usersFile: await readUsersFile(parsed.auth.usersFile, sources) },
    signIn: await readSignIn(parsed, sources),
    metrics: await readMetrics(parsed.metrics, sources),
    tracing: await readTracing(parsed.tracing, sources),
    downloads: { ...downloads, proxy: { ...downloads.proxy, keys: await readKeys(downloads.proxy.keys, sources) } },
  };
  if (problems.length > 0) {
    throw new ConfigError(file, nameSources(problems, overrides));
  }
  return deepFreeze(config);
}

async function readTenants(
  { tenant, tenants }: Pick<ParsedConfig, 'tenant' | 'tenants'>,
  sources: SecretSources,
): Promise<TenantConfig[]> {
  if (tenant !== null) {
    return [await readTenant(ONLY_TENANT, tenant, { ...sources, at: 'tenant' })];
  }
  const read: TenantConfig[] = [];
  for (const [name, given] of Object.entries(tenants ?? {})) {
    read.push(await readTenant(name, given, { ...sources, at: `tenants.${name}` }));
  }
  return read;
}

async function readTenant(name: string, given: GivenTenant, sources: TenantSources): Promise<TenantConfig> {
  const { cloud, tenantId, authorityHost, graphUrl, contentHosts } = given;
  return {
    name,
    cloud,
    tenantId,
    authorityHost: authorityHost ?? undefined,
    graphUrl: graphUrl ?? undefined,
    contentHosts,
    credential: await readTenantCredential(given, sources),
    credentialPlace: credentialPlace(given, { at: sources.at, folder: sources.pathOf('') }),
  };
}

async function readKeys(
  given: ParsedConfig['downloads']['proxy']['keys'],
  sources: SecretSources,
): Promise<ProxyKey[]> {
  const keys: ProxyKey[] = [];
  for (const [index, { secret, secretFile, secretEnv, mounts }] of given.entries()) {
    const at = `downloads.proxy.keys.${index}`;
    const names = { file: `${at}.secretFile`, env: `${at}.secretEnv` };
    const text = await readSecret({ value: secret, file: secretFile, env: secretEnv, keys: names }, sources);
    // An empty text has already been reported.
    const objection = text === '' ? undefined : objectionToKey(text);
    if (objection !== undefined) {
      complain(secretFile === null ? names.env : names.file, objection, sources);
    }
    keys.push({ secret: new Secret(text), mounts });
  }
  return keys;
}

/** Checks the users file, which the server reads again whenever it changes, and makes its path absolute. */
async function readUsersFile(
  given: ParsedConfig['auth']['usersFile'],
  { read, pathOf, problems, lineOf }: Omit<TenantSources, 'at'>,
): Promise<ParsedConfig['auth']['usersFile']> {
  if (given === null) {
    return null;
  }
  const key = USERS_FILE_KEY;
  for (const { line, message } of parseUsersFile(await read(given.path, key)).problems) {
    problems.push({ line: lineOf(key.split('.')), key, message: `line ${line} of "${given.path}": ${message}` });
  }
  return { ...given, path: pathOf(given.path) };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) {
      deepFreeze(member);
    }
  }
  return value;
}
