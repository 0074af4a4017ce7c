import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Secret } from '../lib/secret.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { type MountConfig, parseConfigText } from './parse.ts';
import type { ParsedConfig } from './schema.ts';

/** What the parts of the server are given: secrets read, files read, paths absolute. */
export interface Config extends Omit<ParsedConfig, 'listen' | 'outbound' | 'tenant' | 'mounts'> {
  readonly listen: {
    readonly host: string;
    readonly port: number;
    /** Names; none for the root. */
    readonly basePath: readonly string[];
    readonly trustedProxies: readonly string[];
    readonly tls: { readonly key: Secret; readonly cert: string } | undefined;
  };
  readonly outbound: { readonly proxy: string | undefined; readonly caPem: string | undefined };
  readonly tenant: Pick<ParsedConfig['tenant'], 'cloud' | 'tenantId' | 'clientId' | 'contentHosts'> & {
    readonly clientSecret: Secret;
  };
  readonly mounts: readonly MountConfig[];
}

/** Reads a configuration file with all that it refers to. Throws ConfigError, which names every problem with its line. */
export async function loadConfig(file: string, env: Record<string, string | undefined>): Promise<Config> {
  const text = await readText(file);
  const { parsed, mounts, lineOf } = parseConfigText(text, file);
  const folder = dirname(resolve(file));
  const problems: Problem[] = [];
  const read = async (name: string, key: string): Promise<string> => {
    try {
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
  const { listen, outbound, tenant } = parsed;
  const config: Config = {
    ...parsed,
    dataDir: resolve(folder, parsed.dataDir),
    listen: {
      host: listen.host,
      port: listen.port,
      basePath: listen.basePath.split('/').filter(name => name !== ''),
      trustedProxies: listen.trustedProxies,
      tls:
        listen.tls === null
          ? undefined
          : {
              key: new Secret(await read(listen.tls.keyFile, 'listen.tls.keyFile')),
              cert: await read(listen.tls.certificateFile, 'listen.tls.certificateFile'),
            },
    },
    outbound: {
      proxy: outbound.proxy ?? undefined,
      caPem: outbound.caFile === null ? undefined : await read(outbound.caFile, 'outbound.caFile'),
    },
    tenant: { ...tenant, clientSecret: new Secret(await readSecret(tenant, { env, read, problems, lineOf })) },
    mounts,
  };
  if (problems.length > 0) {
    throw new ConfigError(file, problems);
  }
  return deepFreeze(config);
}

interface SecretSources {
  readonly env: Record<string, string | undefined>;
  readonly read: (name: string, key: string) => Promise<string>;
  readonly problems: Problem[];
  readonly lineOf: (path: readonly string[]) => number | undefined;
}

async function readSecret(
  tenant: ParsedConfig['tenant'],
  { env, read, problems, lineOf }: SecretSources,
): Promise<string> {
  const { clientSecret, clientSecretFile, clientSecretEnv } = tenant;
  if (clientSecretFile !== null) {
    const key = 'tenant.clientSecretFile';
    const secret = (await read(clientSecretFile, key)).trim();
    if (secret === '' && !problems.some(problem => problem.key === key)) {
      problems.push({ line: lineOf(key.split('.')), key, message: `"${clientSecretFile}" is empty` });
    }
    return secret;
  }
  if (clientSecretEnv !== null && !env[clientSecretEnv]) {
    const message = `the environment variable ${clientSecretEnv} is not set`;
    problems.push({ line: lineOf(['tenant', 'clientSecretEnv']), key: 'tenant.clientSecretEnv', message });
    return '';
  }
  return clientSecret ?? env[clientSecretEnv!]!;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(file, [
      { line: undefined, key: '', message: `cannot read the file: ${(cause as Error).message}` },
    ]);
  }
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
