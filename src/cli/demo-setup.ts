import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPassword } from '../auth/passwords.ts';
import type { EmulatorInfo } from '../emulator/command.ts';
import { systemClock } from '../lib/clock.ts';
import type { Dialogue } from '../setup/dialogue.ts';
import { createDialogue } from '../setup/flags-first.ts';
import type { SetupOptions } from '../setup/options.ts';
import { runSetup } from '../setup/setup.ts';
import { browserOf } from './browser.ts';
import { untilGivenUp } from './give-up.ts';
import { createProgress } from './progress.ts';
import { openTerminal } from './terminal.ts';

/** Long enough for a person to read the page; a program answers at once. */
const CONSENT_TIMEOUT_SECONDS = 900;
const USER = 'demo';

/** A configuration that setup has written, and the credentials of its user. */
export interface DemoSetup {
  readonly file: string;
  readonly user: string;
  readonly password: string;
}

export interface DemoSetupOptions {
  /** The demo's own folder, for the configuration. */
  readonly folder: string;
  readonly port: number;
  readonly isUnattended: boolean;
}

/**
 * Runs the real setup against the emulated Microsoft, for an application without consent. At a terminal it asks and
 * waits for a browser; unattended it takes its defaults and presses Accept itself.
 */
export async function setUpDemo(info: EmulatorInfo, options: DemoSetupOptions): Promise<DemoSetup> {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true && !options.isUnattended;
  const dialogue = await openDialogue(isTerminal);
  dialogue.tell(
    'This is an emulated tenant whose application has no consent yet. Links into Entra are those of a real tenant.',
  );
  const parts = {
    options: { ...(await optionsFor(info, options)), ...(isTerminal ? {} : { mount: info.mailboxes, user: USER }) },
    dialogue,
    env: {},
    readInput: async () => '',
    openBrowser: isTerminal ? browserOf(process.env) : pressAccept,
    hashPassword,
    clock: systemClock,
  };
  const { files, user } = await untilGivenUp(signal => runSetup(parts, signal));
  if (user === undefined) {
    throw new Error('the demo of setup makes a user');
  }
  return { file: files[0]!, user: user.name, password: user.password.reveal() };
}

/** Talks on standard error: standard output is for the demo's final message. */
async function openDialogue(isTerminal: boolean): Promise<Dialogue> {
  return createDialogue({
    terminal: isTerminal ? await openTerminal() : undefined,
    takesDefaults: false,
    tell: text => console.error(`${text}\n`),
    progress: createProgress(process.stderr),
  });
}

/** Returns the options that the command's flags would give. */
async function optionsFor(info: EmulatorInfo, { folder, port }: DemoSetupOptions): Promise<SetupOptions> {
  const clientSecretFile = join(folder, 'given-secret.txt');
  await writeFile(clientSecretFile, info.clientSecret, { mode: 0o600 });
  return {
    config: join(folder, 'config.yaml'),
    cloud: 'global',
    tenant: info.tenantId,
    clientId: info.clientId,
    clientSecretFile,
    consentPort: 0,
    consentTimeout: CONSENT_TIMEOUT_SECONDS,
    // The user's browser is not configured for the proxy.
    consentBase: info.proxy,
    listen: { host: '127.0.0.1', port },
    // The demo shows the password of the user.
    signIn: 'one-user',
    outboundProxy: info.proxy,
    caFile: info.caFile,
    contentHost: ['127.0.0.1'],
  };
}

/**
 * Acts as a browser on the emulator's page: submits its form with the button Accept and follows the redirect.
 */
async function pressAccept(url: string): Promise<void> {
  const page = await (await fetch(url)).text();
  const ticket = /name="ticket" value="([^"]+)"/.exec(page)?.[1];
  if (ticket === undefined) {
    throw new Error('the emulated Microsoft showed no consent page');
  }
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ ticket, decision: 'accept' }) });
  await answer.body?.cancel();
}
