import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Emulator, EmulatorOptions } from './emulator.ts';
import type { Scenario } from './scenario.ts';

/** Other tools read this from the first line of standard output. */
export interface EmulatorInfo {
  readonly url: string;
  readonly proxy: string;
  /** The URL of the control API: plain HTTP and JSON. */
  readonly control: string;
  readonly caFile: string;
  readonly pid: number;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly mailboxes: readonly string[];
}

/** Redirect URI of the application that `setup` asks to register; on localhost any port is allowed. */
const CONSENT_REDIRECT_URI = 'http://localhost/consent';
/** Of a server on this machine that people sign in to; any port is allowed. */
const SIGN_IN_REDIRECT_URIS = ['localhost', '127.0.0.1'].map(host => `http://${host}/-/account/callback`);

export interface EmulatorFlags {
  readonly port: number;
  readonly latencyMs: number;
  /** A YAML file. */
  readonly scenario?: string;
  readonly data?: string;
  readonly downloadBase?: 'sharepoint' | 'loopback';
  readonly json?: boolean;
  /** False: `--no-consent`. */
  readonly consent: boolean;
}

export const DESCRIPTION =
  'run only the emulated Microsoft: login, Graph and content hosts of a sample tenant, behind a CONNECT proxy';

/** Adds the options of the emulator to a command, whose action is `runEmulator`. */
export function addEmulatorFlags(command: Command): Command {
  return command
    .option('--port <port>', 'port on 127.0.0.1; 0 is any free one', parseNumber, 0)
    .option('--latency-ms <ms>', 'delay each answer by this time', parseNumber, 0)
    .option('--scenario <file>', 'read the tenants, the settings and the faults from a YAML file; see examples/')
    .option('--data <dir>', 'keep the tenant in this folder')
    .option(
      '--download-base <kind>',
      'host of download URLs: sharepoint (through the proxy; the default) or loopback (plain http)',
    )
    .option('--no-consent', 'start with an application that nobody has consented to')
    .option('--json', 'print one line of JSON instead of text');
}

/** A whole number that is not negative. */
export function parseNumber(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
}

/** Runs the emulator until a signal, or until the parent process has ended. Throws ScenarioError. */
export async function runEmulator(options: EmulatorFlags): Promise<void> {
  const { port, latencyMs, data, downloadBase, json, consent } = options;
  // Loaded only here: a server does not need it.
  const { createEmulator } = await import('./emulator.ts');
  const scenario = options.scenario === undefined ? undefined : await readScenario(options.scenario);
  const emulator = await createEmulator({
    ...scenario?.options,
    ...{ port, latencyMs, dataDir: data, onInternalError: reportInternalError },
    ...(downloadBase === undefined ? {} : { downloadBase }),
  });
  if (!emulator.restored) {
    await fill(emulator, scenario?.scenario);
    await emulator.save();
  } else if (scenario !== undefined) {
    emulator.setFaults(scenario.scenario.faults);
  }
  if (scenario === undefined) {
    const redirectUris = [CONSENT_REDIRECT_URI, ...SIGN_IN_REDIRECT_URIS];
    emulator.setApplication({ displayName: 'onedrive-webdav', redirectUris, ...(consent ? {} : { roles: [] }) });
  } else if (!consent) {
    emulator.setApplication({ displayName: 'onedrive-webdav', roles: [], redirectUris: [CONSENT_REDIRECT_URI] });
  }
  // Before the line is printed: a program may send its signal as soon as it has read it.
  const ended = Promise.race([untilSignal(), untilParentIsGone()]);
  const info = describeEmulator(emulator);
  console.log(json ? JSON.stringify({ emulator: info }) : renderInfo(info));
  await ended;
  await emulator.close();
}

async function readScenario(file: string): Promise<{ scenario: Scenario; options: EmulatorOptions }> {
  const { parseScenario, optionsOf, ScenarioError } = await import('./scenario.ts');
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new ScenarioError(cause.message, { cause });
  });
  const scenario = parseScenario(text, file);
  return { scenario, options: optionsOf(scenario) };
}

async function fill(emulator: Emulator, scenario: Scenario | undefined): Promise<void> {
  if (scenario === undefined) {
    const { seedSampleTenant } = await import('./sample-tenant.ts');
    await seedSampleTenant(emulator);
    return;
  }
  const { applyScenario } = await import('./scenario.ts');
  await applyScenario(emulator, scenario);
}

function reportInternalError(error: unknown, { method, path }: { method: string; path: string }): void {
  console.error(`internal error of the emulator at ${method} ${path}:`, error);
}

function describeEmulator(emulator: Emulator): EmulatorInfo {
  const { url, proxy, control, caFile, tenantId, clientId, clientSecret, mailboxes } = emulator;
  return { url, proxy, control, caFile, pid: process.pid, tenantId, clientId, clientSecret, mailboxes };
}

function renderInfo({ proxy, caFile, tenantId, clientId, clientSecret, mailboxes }: EmulatorInfo): string {
  return [
    `The emulated Microsoft is behind the proxy ${proxy}; trust the CA in ${caFile}.`,
    `HTTPS_PROXY=${proxy} leads login.microsoftonline.com, graph.microsoft.com and contoso-my.sharepoint.com to it.`,
    `tenant ${tenantId}, application ${clientId}, secret ${clientSecret}`,
    `mailboxes: ${mailboxes.join(', ')}`,
  ].join('\n');
}

/** Resolves when the parent ends, however it ends; for a child with a message channel. */
function untilParentIsGone(): Promise<void> {
  return new Promise(resolve => {
    if (process.connected) {
      process.once('disconnect', resolve);
    }
  });
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function untilSignal(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => resolve());
    }
  });
}
