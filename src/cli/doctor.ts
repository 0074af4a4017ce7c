import type { Command } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { type Config, loadConfig, type TenantConfig } from '../config/load.ts';
import { findByRules } from '../discovery/find-by-rules.ts';
import type { MountConfig } from '../discovery/mount-config.ts';
import { recallServer } from '../discovery/recall.ts';
import type { Check, Finding } from '../doctor/check.ts';
import { makePlan } from '../doctor/plan.ts';
import { type CheckResult, type Plan, runChecks } from '../doctor/run-checks.ts';
import { runningServerCheck } from '../doctor/running-server.ts';
import { openTenant, type TenantLinks, type TenantUnderTest } from '../doctor/tenant.ts';
import { cloudOf } from '../graph/clouds.ts';
import { connectTenant } from '../graph/connect.ts';
import { systemClock } from '../lib/clock.ts';
import { UsageError } from '../lib/usage-error.ts';
import { consentHost, registrationLink } from '../setup/portals.ts';
import { createDoctorPrinter, type DoctorPrinter } from './doctor-printer.ts';
import { EXIT_CONFIG } from './exit-codes.ts';
import { lookAtServer } from './look-at-server.ts';
import { ReportedFailure } from './reported-failure.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
  readonly write?: boolean;
  readonly writeAll?: boolean;
  readonly mount?: string;
}

const EXIT_FAILURES = 1;

export function doctorCommand(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file', 'config.yaml')
    .option('--mount <name>', 'check only this mount, besides the machine and the tenant')
    .option('--write', 'write a file into a folder of its own in each mount, read it back and delete both')
    .option('--write-all', 'the same, in each mailbox that a rule finds; --write takes a few of them')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit codes: 0 no failures (warnings are possible); 1 failures; 2 wrong usage; 78 the configuration is invalid.',
    )
    .action(runDoctor);
}

async function runDoctor(options: Options): Promise<void> {
  const printer = createDoctorPrinter(process, { json: options.json ?? false });
  const loaded = await loadConfig(options.config, process.env).catch((error: unknown) => error);
  if (loaded instanceof ConfigError) {
    await printer.end(await examineServer(options.config, { problems: explainConfig(loaded), printer }));
    throw new ReportedFailure(EXIT_CONFIG);
  }
  if (loaded instanceof Error) {
    throw loaded;
  }
  const results = await examine(loaded as Config, { options, printer });
  await printer.end(results);
  if (results.some(({ findings }) => findings.some(({ level }) => level === 'failure'))) {
    throw new ReportedFailure(EXIT_FAILURES);
  }
}

/** Of a configuration that cannot be used: a server may be running by what its files said before. */
async function examineServer(
  configFile: string,
  { problems, printer }: { problems: readonly Finding[]; printer: DoctorPrinter },
): Promise<CheckResult[]> {
  const first = await reportConfig(printer, problems);
  const found = await lookAtServer(configFile).catch(() => undefined);
  if (found === undefined || found.kind === 'none') {
    return [first];
  }
  const check = runningServerCheck({ configFile, look: async () => found, clock: systemClock });
  return [first, ...(await runUntilGivenUp([[[check]]], printer))];
}

async function examine(
  config: Config,
  { options, printer }: { options: Options; printer: DoctorPrinter },
): Promise<CheckResult[]> {
  const memory = await recallServer(config);
  const mounts = chooseMounts(config, options.mount, memory.discoveredMount);
  const tenants = openTenants(config, options.mount === undefined ? undefined : mounts[0]!.tenant);
  const plan = makePlan({
    config,
    tenants,
    mounts,
    rules: options.mount === undefined ? config.mailboxRules : [],
    write: options.writeAll ? 'all' : options.write ? 'some' : 'none',
    lookAtState: () => memory.state,
    lookAtServer: () => lookAtServer(options.config),
    configFile: options.config,
    pinnedDriveId: memory.pinnedDriveId,
    findByRules: ({ config: tenant, graph }, signal) => findByRules(config, { tenant, call: graph.call, signal }),
    environmentProxy: proxyOf(process.env),
    clock: systemClock,
  });
  try {
    const first = await reportConfig(printer, [describeConfig(config, options.config)]);
    return [first, ...(await runUntilGivenUp(plan, printer))];
  } finally {
    printer.clear();
    await Promise.all(tenants.map(({ transport }) => transport.close()));
  }
}

/** Stops at Ctrl+C, after removing its test files. A second Ctrl+C ends the process. */
async function runUntilGivenUp(plan: Plan, printer: DoctorPrinter): Promise<CheckResult[]> {
  const controller = new AbortController();
  const giveUp = () => controller.abort(new Error('given up'));
  process.once('SIGINT', giveUp);
  try {
    const { onStart, onResult } = printer;
    return await runChecks(plan, { signal: controller.signal, onStart, onResult });
  } finally {
    process.off('SIGINT', giveUp);
  }
}

const CONFIGURATION: Check = { name: 'configuration', run: async () => [] };

async function reportConfig(printer: DoctorPrinter, findings: readonly Finding[]): Promise<CheckResult> {
  const result = { check: CONFIGURATION, findings, skippedBecause: undefined };
  await printer.onResult(result);
  return result;
}

function explainConfig({ file, problems }: ConfigError): Finding[] {
  return problems.map(({ line, key, message }) => ({
    level: 'failure',
    saw: `${line === undefined ? file : `${file}:${line}`}: ${key === '' ? message : `${key}: ${message}`}`,
    cure:
      key === '' && line === undefined
        ? 'name the file with --config, or create one with "onedrive-webdav setup"'
        : 'correct it; config.example.yaml shows every key',
  }));
}

function describeConfig({ tenants, mounts, mailboxRules, users }: Config, file: string): Finding {
  const count = (list: readonly unknown[], word: string) => `${list.length} ${word}${list.length === 1 ? '' : 's'}`;
  const rules = mailboxRules.length === 0 ? [] : [count(mailboxRules, 'rule')];
  const parts = [count(tenants, 'tenant'), count(mounts, 'mount'), ...rules, count(users, 'user')];
  return { level: 'ok', saw: `${file} is valid: ${parts.join(', ')}` };
}

function chooseMounts(
  { mounts, mailboxRules }: Config,
  name: string | undefined,
  discoveredMount: (name: string) => MountConfig | undefined,
): readonly MountConfig[] {
  if (name === undefined) {
    return mounts;
  }
  const found = mounts.find(mount => mount.name.toLowerCase() === name.toLowerCase()) ?? discoveredMount(name);
  if (found === undefined) {
    const byRule = mailboxRules.length === 0 ? '' : ', and the mounts that a running server has found by rule';
    throw new UsageError(
      `there is no mount "${name}"; there are: ${mounts.map(mount => mount.name).join(', ')}${byRule}`,
    );
  }
  return [found];
}

/** Opens each tenant with a transport of its own, so that each answer can be attributed to its tenant. */
function openTenants(config: Config, only: string | undefined): TenantUnderTest[] {
  return config.tenants
    .filter(({ name }) => only === undefined || name === only)
    .map(tenant =>
      openTenant({
        config: tenant,
        cloud: cloudOf(tenant.cloud, tenant),
        label: config.tenants.length === 1 ? undefined : tenant.name,
        links: linksOf(tenant),
        clock: systemClock,
        connect: traffic => {
          const outbound = { ...config.outbound, onAnswer: traffic.note.bind(traffic) };
          return connectTenant(tenant, { outbound, graph: config.graph });
        },
      }),
    );
}

function linksOf(tenant: TenantConfig): TenantLinks {
  const { cloud, tenantId, credential } = tenant;
  if (credential.kind === 'managed-identity') {
    return { consent: undefined, credentials: undefined, authentication: undefined, permissions: undefined };
  }
  const host = tenant.authorityHost ?? consentHost(cloud, cloudOf(cloud).authorityHost);
  const query = new URLSearchParams({ client_id: credential.clientId });
  return {
    // Without a redirect it asks for all permissions of the registration, and ends on a page of Microsoft's (learn,
    // "Grant tenant-wide admin consent").
    consent: `${host}/${encodeURIComponent(tenantId)}/adminconsent?${query}`,
    credentials: registrationLink(cloud, 'Credentials', credential.clientId),
    authentication: registrationLink(cloud, 'Authentication', credential.clientId),
    permissions: registrationLink(cloud, 'CallAnAPI', credential.clientId),
  };
}

function proxyOf(env: NodeJS.ProcessEnv): string | undefined {
  return env.HTTPS_PROXY || env.https_proxy || env.ALL_PROXY || env.all_proxy || undefined;
}
