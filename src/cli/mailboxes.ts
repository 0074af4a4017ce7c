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

/** Missing drives cost the most; this many use a sixth of the smallest tenant's budget per minute. */
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
    .option('--filter <pattern>', 'only users whose principal or display name matches: * is any text, ? one character')
    .addOption(new Option('--json', 'print one JSON array').conflicts('yaml'))
    .option('--yaml', 'print mount entries for the configuration file')
    .option('--no-drives', 'do not query the drives')
    .option('--all', `query all drives, not at most ${MAX_PROBES} and none of guests`)
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
      `${leftOut} of ${rows.length} drives were left out: without --all at most ${MAX_PROBES} are queried, and none of guests, because Microsoft throttles clients that ask for many missing drives. --filter narrows the list.`,
    );
  }
  if (stopped !== undefined) {
    const missed = rows.filter(({ probe }) => probe.state === 'not-looked-at').length - leftOut;
    throw new Error(`the list is complete, but ${missed} of its drives were not queried: ${explainStop(stopped)}`);
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
  /** Drives that were left out on purpose, although drives were asked for. */
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

/** Leaves out guests: their OneDrive, if any, is in their home tenant. */
function chooseDrives(users: readonly DirectoryUser[], all: boolean): readonly DirectoryUser[] {
  return all ? users : users.filter(user => !/#EXT#/i.test(user.userPrincipalName)).slice(0, MAX_PROBES);
}

/** Returns a filter: the glob must match the whole principal name or the whole display name, ignoring case. */
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
  return `Microsoft throttles this application or the address of this machine; try again ${when}, or use --filter to query fewer`;
}
