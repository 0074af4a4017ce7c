import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { hashPassword } from '../auth/passwords.ts';
import { parseNumber } from '../emulator/command.ts';
import { CLOUD_NAMES } from '../graph/cloud-names.ts';
import { systemClock } from '../lib/clock.ts';
import { redact } from '../lib/redact.ts';
import { createDialogue } from '../setup/flags-first.ts';
import type { SetupOptions } from '../setup/options.ts';
import type { SetupResult } from '../setup/setup.ts';
import { browserOf } from './browser.ts';
import { untilGivenUp } from './give-up.ts';
import { type MountTarget, renderMountLines } from './mount-lines.ts';
import { createProgress } from './progress.ts';
import { openTerminal } from './terminal.ts';

/** Fixed, because the redirect URI in Entra holds it; no other program is known to use it. */
const CONSENT_PORT = 8591;
/** Long enough to find an administrator who is at their desk. */
const CONSENT_TIMEOUT_SECONDS = 900;

interface Flags extends SetupOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
  /** False: `--no-browser`. */
  readonly browser: boolean;
}

export function setupCommand(command: Command): Command {
  command
    // The message quotes the refused value, which may be a URL with a password.
    .configureOutput({ outputError: (message, write) => write(redact(message)) })
    .option('--config <file>', 'the configuration file to write', 'config.yaml');
  addApplicationFlags(command);
  addConsentFlags(command);
  addMountFlags(command);
  addServerFlags(command);
  return command
    .option('--force', 'replace existing files')
    .option('--yes', 'take the default of every question that has one')
    .option('--dry-run', 'write nothing, but show what would be written')
    .option('--json', 'print one JSON object to standard output at the end, and everything else to standard error')
    .action(setup);
}

function addApplicationFlags(command: Command): void {
  command
    .addOption(new Option('--cloud <name>', 'cloud of the tenant (default: global)').choices(CLOUD_NAMES))
    .option('--tenant <id>', 'Directory (tenant) ID, or a domain of the tenant')
    .option('--client-id <id>', 'Application (client) ID')
    .option('--client-secret-file <file>', 'file that holds the client secret; - is standard input')
    .option('--client-secret-env <name>', 'environment variable that holds the client secret')
    .option('--certificate-file <file>', 'PEM file of a certificate and its RSA key')
    .option('--certificate-password-file <file>', 'file that holds the password of that key')
    .option('--new-certificate', 'create a certificate, and wait until its public half is uploaded')
    .option('--managed-identity [client-id]', 'the identity of this machine in Azure; with an id, a user-assigned one')
    .option('--workload-identity', 'use a federated token, from AZURE_FEDERATED_TOKEN_FILE')
    .option('--federated-token-file <file>', 'read the federated token from this file instead')
    .option('--authority-host <url>', "instead of the cloud's own host for tokens")
    .option('--graph-url <url>', "instead of the cloud's own Graph");
}

function addConsentFlags(command: Command): void {
  command
    .option('--read-only', 'serve read-only; Files.Read.All is enough')
    .option('--skip-consent', 'do not ask for consent; fail if it is missing')
    .option(
      '--consent-port <port>',
      'port on this machine to which the consent page redirects',
      parseNumber,
      CONSENT_PORT,
    )
    .option('--consent-timeout <seconds>', 'how long to wait for consent', parseNumber, CONSENT_TIMEOUT_SECONDS)
    .option(
      '--public-url <url>',
      'URL at which clients and the consent page reach this server through a proxy',
      parsePublicUrl,
    )
    .option('--no-browser', 'do not open the consent page, only print its address')
    .addOption(new Option('--consent-base <url>').hideHelp());
}

function addMountFlags(command: Command): void {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  command
    .option('--all', 'mount every mailbox of the tenant, including future ones')
    .option('--match <glob>', 'mount the mailboxes whose user principal name matches; may be repeated', list)
    .option('--exclude <glob>', 'except these mailboxes; may be repeated', list)
    .option('--group <id>', 'mount the members of a group, by its Object ID')
    .option('--mount <address>', 'mount this mailbox; may be repeated', list)
    .addOption(
      new Option(
        '--sign-in <who>',
        'people: each person of the rule signs in with Microsoft; one-user: one user with one password',
      ).choices(['people', 'one-user']),
    )
    .option('--user <name>', 'name of the first user for WebDAV clients')
    .option('--user-password-file <file>', 'file that holds the password of this user; without it setup generates one');
}

function addServerFlags(command: Command): void {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  command
    .addOption(
      new Option('--listen <host:port>', 'where the server will listen')
        .argParser(parseListen)
        .default({ host: '127.0.0.1', port: 8080 }, '127.0.0.1:8080'),
    )
    .option('--data-dir <dir>', 'data folder of the server (default: data, beside the configuration)')
    .option('--outbound-proxy <url>', 'proxy for all requests to Microsoft')
    .option('--ca-file <file>', 'PEM file of certificates to trust besides the public ones')
    .option('--content-host <host>', 'additional host of download URLs; may be repeated', list);
}

function parseListen(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new InvalidArgumentError('write it as host:port, such as 0.0.0.0:8080 or [::]:8080.');
  }
  return { host: bracketed ?? plain!, port: Number(port) };
}

function parsePublicUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new InvalidArgumentError('write an absolute URL, such as https://files.example.com.');
  }
  return text;
}

async function setup(flags: Flags): Promise<void> {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const tell = flags.json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  const dialogue = createDialogue({
    terminal: isTerminal ? await openTerminal() : undefined,
    takesDefaults: flags.yes ?? false,
    tell: line => tell(`${line}\n`),
    progress: createProgress(process.stderr),
  });
  // Loaded here only: a server has no use for it.
  const { runSetup } = await import('../setup/setup.ts');
  const parts = {
    options: flags,
    dialogue,
    env: process.env,
    openBrowser: isTerminal && flags.browser ? browserOf(process.env) : undefined,
    hashPassword,
    clock: systemClock,
  };
  const result = await untilGivenUp(signal => {
    // Ctrl+C also ends a wait for standard input.
    const readInput = () => text(addAbortSignal(signal, process.stdin));
    return runSetup({ ...parts, readInput }, signal);
  });
  if (!flags.dryRun) {
    tell(renderEnd(flags, result));
  }
  if (flags.json) {
    console.log(JSON.stringify(summarize(flags, result)));
  }
}

function renderEnd(options: SetupOptions, result: SetupResult): string {
  const start = ['Start the server:', '', `  onedrive-webdav serve --config ${result.files[0]}`, ''];
  const { user, people, files } = result;
  const then =
    user === undefined
      ? [`Then people sign in at ${accountUrl(people?.publicUrl ?? '')} and connect their devices.`]
      : renderFirstUse(options, { files, user });
  return [...start, ...then].join('\n');
}

function accountUrl(publicUrl: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/-/account`;
}

interface Handover extends Pick<SetupResult, 'files'> {
  readonly user: NonNullable<SetupResult['user']>;
}

function renderFirstUse(options: SetupOptions, { files, user }: Handover): string[] {
  const target: MountTarget = {
    url: urlOf(options),
    user: user.name,
    password: { kind: 'asked', file: passwordFileOf(options, { files, user }) },
  };
  return [
    `Then sign in as ${user.name}; the password ${explainPassword(options, { files, user })}:`,
    '',
    renderMountLines(target),
    ...warnOfPlainHttp(options),
  ];
}

function explainPassword(options: SetupOptions, { files, user }: Handover): string {
  switch (user.handover) {
    case 'shown':
      return `is ${user.password.reveal()} (not stored anywhere: note it down now)`;
    case 'file':
      return `is in ${passwordFileOf(options, { files, user })} (delete the file once you have it)`;
    case 'chosen':
      return 'is the one that you chose';
  }
}

function passwordFileOf({ userPasswordFile }: SetupOptions, { files, user }: Handover): string | undefined {
  return user.handover === 'file' ? files.at(-1) : userPasswordFile && resolve(userPasswordFile);
}

function warnOfPlainHttp({ publicUrl, listen: { host } }: SetupOptions): string[] {
  const isSafe = publicUrl?.startsWith('https:') || host === 'localhost' || host === '::1' || host.startsWith('127.');
  return isSafe
    ? []
    : [
        '',
        '! Plain http beyond this machine: passwords can be read in transit. Set listen.tls, or put a proxy with TLS in front.',
      ];
}

/** Returns the server's URL for clients, as far as it can be known here. */
function urlOf({ publicUrl, listen: { host, port } }: SetupOptions): string {
  if (publicUrl !== undefined) {
    return publicUrl.endsWith('/') ? publicUrl : `${publicUrl}/`;
  }
  const name = host === '0.0.0.0' || host === '::' ? hostname() : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}/`;
}

function summarize(options: SetupOptions, { files, user, people, mounts }: SetupResult): object {
  return {
    config: files[0],
    files,
    written: !options.dryRun,
    url: people?.publicUrl ?? urlOf(options),
    user: user?.name ?? null,
    passwordFile: (user && passwordFileOf(options, { files, user })) ?? null,
    people: people?.rule ?? null,
    mailboxes: mounts.mailboxes.map(({ mailbox }) => mailbox),
    rule: mounts.rule ?? null,
  };
}
