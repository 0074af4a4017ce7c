import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { CloudName } from '../graph/cloud-names.ts';
import type { ConfigParts } from './config-text.ts';
import type { SetupOptions } from './options.ts';

/** Returns the parts of the configuration that come from flags alone. */
export function partsOfFlags(
  options: SetupOptions,
): Pick<ConfigParts, 'listen' | 'publicUrl' | 'dataDir' | 'outbound'> {
  const { listen, publicUrl, dataDir, outboundProxy: proxy, caFile } = options;
  return {
    listen,
    publicUrl,
    dataDir: dataDir === undefined ? undefined : besideConfig(dataDir, options),
    outbound: { proxy, caFile: caFile === undefined ? undefined : resolve(caFile) },
  };
}

export interface KnownTenant {
  readonly cloud: CloudName;
  readonly tenantId: string;
  /** Empty for a managed identity. */
  readonly clientId: string;
  /** Of the credential. */
  readonly keys: Readonly<Record<string, string | boolean>>;
}

export function tenantOf(
  { cloud, tenantId, clientId, keys }: KnownTenant,
  { authorityHost, graphUrl, contentHost = [] }: SetupOptions,
): ConfigParts['tenant'] {
  return {
    ...(cloud === 'global' ? {} : { cloud }),
    tenantId,
    ...(clientId === '' ? {} : { clientId }),
    ...keys,
    ...(authorityHost === undefined ? {} : { authorityHost }),
    ...(graphUrl === undefined ? {} : { graphUrl }),
    ...(contentHost.length === 0 ? {} : { contentHosts: contentHost }),
  };
}

/** Relative paths of a configuration are relative to its file; those of a command line are not. */
function besideConfig(path: string, { config }: SetupOptions): string {
  const way = relative(dirname(resolve(config)), resolve(path));
  return way.startsWith('..') || isAbsolute(way) ? resolve(path) : `./${way}`;
}
