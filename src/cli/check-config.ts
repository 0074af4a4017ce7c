import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { explainDownloads } from '../app/explain-downloads.ts';
import { printEffective } from '../config/effective.ts';
import { type Config, loadConfig, type TenantConfig } from '../config/load.ts';
import type { MailboxRule, MountConfig } from '../discovery/mount-config.ts';
import { DOWNLOAD_WAYS } from '../downloads/policy.ts';
import { expiryWarning } from '../graph/credential-expiry.ts';
import { formatSource } from '../graph/drive-source.ts';
import { dayOf } from '../lib/days.ts';
import { isLoopback } from '../lib/loopback.ts';
import type { Access, GivenMounts } from '../mounts/rights.ts';
import { describeAs } from './check-as.ts';
import { describePeople, warnOfPeople } from './describe-people.ts';
import { print } from './print.ts';

/** Beside both `src` and `dist`; made by `npm run generate`. */
const SCHEMA = new URL('../../config.schema.json', import.meta.url);
const WAY_WIDTH = Math.max(...DOWNLOAD_WAYS.map(({ length }) => length));
const CLIENTS_WIDTH = 48;

export function checkConfigCommand(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file', 'config.yaml')
    .option('--as <name>', 'print instead what a user or a person of the directory sees, and why; asks the directory')
    .option('--print', 'print instead every key with the value that counts, secrets hidden')
    .option('--print-schema', "print the file's JSON Schema instead, for editors")
    .action(checkConfig);
}

interface Options {
  readonly config: string;
  readonly as?: string;
  readonly print?: boolean;
  readonly printSchema?: boolean;
}

async function checkConfig({ config: file, as, print: isWhole, printSchema }: Options): Promise<void> {
  if (printSchema) {
    await print((await readFile(SCHEMA, 'utf8')).trimEnd());
    return;
  }
  const config = await loadConfig(file, process.env);
  if (isWhole) {
    await print((await printEffective(file, process.env)).trimEnd());
    return;
  }
  await print((as === undefined ? describeConfig(config) : await describeAs(config, as)).join('\n'));
}

function describeConfig(config: Config): string[] {
  const { listen, tenants, mounts, mailboxRules, users } = config;
  const scheme = listen.tls === undefined ? 'http' : 'https';
  const plainHttp =
    listen.tls === undefined && !isLoopback(listen.host)
      ? ['! plain http beyond this machine: passwords can be read in transit; set listen.tls or use a proxy with TLS']
      : [];
  return [
    `listens on ${scheme}://${listen.host}:${listen.port}/`,
    ...tenants.map(describeTenant),
    ...mounts.map(mount => `mount /${mount.name}: ${formatSource(mount.source)}, ${describeMount(mount)}`),
    ...mailboxRules.map(rule => `mounts by rule: ${describeRule(rule)}, ${describeMount(rule)}`),
    ...users.map(
      ({ name, mounts: allowed, access, download }) =>
        `user ${name}: ${describeAllowed(allowed, access)}${download === null ? '' : `, downloads by ${download}`}`,
    ),
    ...describeOthers(config.auth),
    ...describePeople(config),
    ...describeDownloads(explainDownloads(config), config.downloads),
    ...plainHttp,
    ...warnOfPeople(config),
    ...tenants.flatMap(({ credential }) => warnOfExpiry(credential)),
  ];
}

/** The users of a file, and guests. */
function describeOthers({ usersFile, anonymous }: Config['auth']): string[] {
  const ofFile = usersFile && `users of ${usersFile.path}: ${describeAllowed(usersFile.mounts, usersFile.access)}`;
  const limit = usersFile?.download ? `, downloads by ${usersFile.download}` : '';
  const guests = anonymous && `guests without a password: ${describeAllowed(anonymous.mounts, anonymous.access)}`;
  return [...(ofFile === null ? [] : [`${ofFile}${limit}`]), ...(guests === null ? [] : [guests])];
}

function describeAllowed(allowed: GivenMounts, access: Access): string {
  if (allowed === '*') {
    return `${access}, all mounts`;
  }
  return Array.isArray(allowed)
    ? `${access}, ${allowed.join(', ')}`
    : Object.entries(allowed)
        .map(([name, own]) => `${own} ${name}`)
        .join(', ');
}

function describeTenant(
  { name, tenantId, cloud, credential }: TenantConfig,
  _index: number,
  all: readonly unknown[],
): string {
  const label = all.length === 1 ? 'tenant' : `tenant ${name}:`;
  return `${label} ${tenantId} (${cloud}), by ${describeCredential(credential)}`;
}

function describeMount({ root, readOnly, download }: MountConfig | MailboxRule): string {
  return `folder /${root.join('/')}, ${readOnly ? 'read-only' : 'read and write'}, downloads by ${download}`;
}

function describeRule({ match, exclude, group }: MailboxRule): string {
  const without = exclude.length === 0 ? '' : ` but ${exclude.join(', ')}`;
  return `mailboxes ${match.join(', ')}${without}${group === undefined ? '' : ` of the group ${group}`}`;
}

function describeCredential(credential: TenantConfig['credential']): string {
  switch (credential.kind) {
    case 'secret':
      return 'client secret';
    case 'certificate':
      return `certificate, good until ${dayOf(credential.expires)}`;
    case 'managed-identity':
      return `managed identity${credential.clientId === undefined ? '' : ` ${credential.clientId}`}`;
    case 'workload-identity':
      return `workload identity, token file ${credential.tokenFile}`;
  }
}

function warnOfExpiry(credential: TenantConfig['credential']): string[] {
  const warning = credential.kind === 'certificate' ? expiryWarning(credential.expires, Date.now()) : undefined;
  return warning === undefined ? [] : [`! ${warning}`];
}

type Explained = ReturnType<typeof explainDownloads>;

/**
 * Returns a table for the mounts whose downloads depend on the client; it is the same for all of them. For the other
 * mounts the mount's own line is enough.
 */
function describeDownloads(mounts: Explained, { minRedirectBytes }: Config['downloads']): string[] {
  const byClient = mounts.filter(({ clients }) => clients.length > 1);
  if (byClient[0] === undefined) {
    return [];
  }
  const names = byClient.map(({ mount }) => `/${mount}`).join(', ');
  return [
    `downloads by client from ${names}; files below ${minRedirectBytes} bytes, locked or just written go by proxy:`,
    ...byClient[0].clients.flatMap(describeClient),
  ];
}

/** Returns `way  clients  why` in columns; after a long list of clients the reason is on a line of its own. */
function describeClient({ way, clients, why }: Explained[number]['clients'][number]): string[] {
  const start = `  ${way.padEnd(WAY_WIDTH)}  `;
  return clients.length <= CLIENTS_WIDTH
    ? [`${start}${clients.padEnd(CLIENTS_WIDTH)}  ${why}`]
    : [`${start}${clients}`, `${' '.repeat(start.length + CLIENTS_WIDTH)}  ${why}`];
}
