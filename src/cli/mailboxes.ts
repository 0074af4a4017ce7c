import { type Command, Option } from 'commander';
import { type Config, loadConfig, type TenantConfig } from '../config/load.ts';
import type { CallGraph } from '../graph/client.ts';
import { chooseTenant, connectTenant } from '../graph/connect.ts';
import type { GraphError } from '../graph/errors.ts';
import { type Probes, probeDrives } from '../graph/probe-drives.ts';
import { type DirectoryUser, listUsers } from '../graph/users.ts';
import { compileGlob } from '../lib/glob.ts';
import { type MailboxRow, renderJson, renderMounts, renderTable } from './mailbox-formats.ts';
import { print } from './print.ts';
import { createProgress, type Progress } from './progress.ts';

/**
 * Drives that do not exist cost the most; this many are a sixth of what the smallest tenant may ask for in a minute.
 */
const MAX_PROBES = 200;

interface Options {
  readonly config: string;
  readonly tenant?: string;
  readonly filter?: string;
  readonly json?: boolean;
  readonly yaml?: boolean;
  readonly drives: boolean;
  readonly all?: boolean;
}

export function mailboxesCommand(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file', 'config.yaml')
    .option('--tenant <name>', 'which of several tenants')
    .option('--filter <pattern>', 'only whose principal or display name is like that: * is any text, ? one character')
    .addOption(new Option('--json', 'print one JSON array').conflicts('yaml'))
    .option('--yaml', 'print mount entries for the configuration file')
    .option('--no-drives', 'do not look at the drives')
    .option('--all', `look at all drives; else at ${MAX_PROBES} at most, and not at those of guests`)
    .action(listMailboxes);
}

async function listMailboxes(options: Options): Promise<void> {
  const config = await loadConfig(options.config, process.env);
  const tenant = chooseTenant(config.tenants, options.tenant);
  const use = (call: CallGraph, progress: Progress) => survey(call, options, progress);
  const { rows, leftOut, stopped } = await withGraph(config, tenant, use);
  const yaml = () => renderMounts(rows, config.mounts, config.tenants.length > 1 ? tenant.name : undefined);
  await print(options.json ? renderJson(rows) : options.yaml ? yaml() : renderTable(rows));
  if (leftOut > 0) {
    console.error(
      `${leftOut} of ${rows.length} drives were left out: without --all at most ${MAX_PROBES} are looked at, and none of guests, because Microsoft throttles clients that ask for many drives that do not exist. --filter narrows the list.`,
    );
  }
  if (stopped !== undefined) {
    const missed = rows.filter(({ probe }) => probe.state === 'not-looked-at').length - leftOut;
    throw new Error(`the list is whole, but ${missed} of its drives were not looked at: ${explainStop(stopped)}`);
  }
}

async function withGraph<T>(
  config: Config,
  tenant: TenantConfig,
  use: (call: CallGraph, progress: Progress) => Promise<T>,
): Promise<T> {
  const { graph, transport } = connectTenant(tenant, config);
  const progress = createProgress(process.stderr);
  try {
    return await use(graph.call, progress);
  } finally {
    progress.clear();
    await transport.close();
  }
}

interface Survey {
  readonly rows: readonly MailboxRow[];
  /** Drives that were never meant to be looked at, although drives were asked for. */
  readonly leftOut: number;
  readonly stopped: GraphError | undefined;
}

async function survey(call: CallGraph, options: Options, progress: Progress): Promise<Survey> {
  const { signal } = new AbortController();
  progress.show('reading the directory');
  const everybody = await listUsers(call, { signal, onPage: count => progress.show(`${count} users`) });
  const users = everybody.filter(createFilter(options.filter)).sort(byPrincipalName);
  const chosen = options.drives ? chooseDrives(users, options.all ?? false) : [];
  const { byUserId, stopped } = await probeDrives(
    call,
    chosen.map(({ id }) => id),
    { signal, onProbe: count => progress.show(`${users.length} users, ${count} of ${chosen.length} drives`) },
  );
  return {
    rows: users.map(user => ({ user, probe: probeOf(byUserId, user) })),
    leftOut: options.drives ? users.length - chosen.length : 0,
    stopped,
  };
}

function probeOf(byUserId: Probes['byUserId'], { id }: DirectoryUser): MailboxRow['probe'] {
  return byUserId.get(id) ?? { state: 'not-looked-at' };
}

/** Guests have their OneDrive, if any, in the tenant that they come from. */
function chooseDrives(users: readonly DirectoryUser[], all: boolean): readonly DirectoryUser[] {
  return all ? users : users.filter(user => !/#EXT#/i.test(user.userPrincipalName)).slice(0, MAX_PROBES);
}

/** Whether a glob matches all of the principal name or all of the display name, whatever their case. */
function createFilter(pattern: string | undefined): (user: DirectoryUser) => boolean {
  if (pattern === undefined) {
    return () => true;
  }
  const glob = compileGlob(pattern);
  return ({ userPrincipalName, displayName }) => glob.test(userPrincipalName) || glob.test(displayName);
}

function byPrincipalName(left: DirectoryUser, right: DirectoryUser): number {
  return left.userPrincipalName.localeCompare(right.userPrincipalName, 'en');
}

function explainStop({ kind, status, message, retryAfterSeconds }: GraphError): string {
  if (kind !== 'throttled' && status !== 429 && status !== 503) {
    return message;
  }
  const when = retryAfterSeconds === undefined ? 'later' : `in ${Math.ceil(retryAfterSeconds)} s`;
  return `Microsoft throttles this application or the address of this machine; try again ${when}, with --filter for fewer`;
}
