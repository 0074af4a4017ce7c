import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, type ProgramResult, type RunningProgram, run, start } from './foreign-client.ts';

export interface Rclone {
  /** Runs rclone; throws when it fails. */
  (...args: string[]): Promise<ProgramResult>;
  /** Runs rclone and returns how it ended. */
  try(...args: string[]): Promise<ProgramResult>;
  /** Runs rclone with `input` on its standard input; throws when it fails. */
  fed(input: string, ...args: string[]): Promise<ProgramResult>;
  /** Starts rclone as a server, which ends with the `await using` block. */
  start(...args: string[]): RunningProgram;
}

/** The vendors that the installed rclone knows of its WebDAV backend; none where there is no rclone. */
export async function knownWebDavVendors(): Promise<string[]> {
  const help = await run('rclone', ['help', 'backend', 'webdav']).catch(() => undefined);
  const examples = /#### --webdav-vendor[\s\S]*?#### --/.exec(help?.stdout ?? '')?.[0] ?? '';
  return [...examples.matchAll(/- "([^"]+)"/g)].map(match => match[1]!);
}

/** rclone with a remote `dav:` on a WebDAV server, which it takes for one of `vendor`. */
export async function rcloneOnWebDav(
  folder: string,
  server: { url: string; user: string; password: string },
  vendor = 'other',
): Promise<Rclone> {
  const obscured = (await mustRun('rclone', ['obscure', server.password])).stdout.trim();
  return configured(join(folder, `rclone-${vendor}.conf`), [
    '[dav]',
    'type = webdav',
    `url = ${server.url}`,
    `vendor = ${vendor}`,
    `user = ${server.user}`,
    `pass = ${obscured}`,
    // Chunks want an URL of Nextcloud's own form.
    'nextcloud_chunk_size = 0',
  ]);
}

/** rclone with a remote `dav:` on a WebDAV server that takes access tokens; `command` prints one. */
export function rcloneWithTokens(folder: string, { url, command }: { url: string; command: string }): Promise<Rclone> {
  return configured(join(folder, 'rclone-tokens.conf'), [
    '[dav]',
    'type = webdav',
    `url = ${url}`,
    'vendor = other',
    `bearer_token_command = ${command}`,
  ]);
}

/** How rclone signs in: with a token that is ready, or (since 1.68) by itself as an application. */
export type RcloneSignIn =
  | { readonly accessToken: string }
  | { readonly tenantId: string; readonly clientId: string; readonly clientSecret: string };

export interface OneDriveRemote {
  readonly driveId: string;
  readonly proxy: string;
  readonly caFile: string;
  /** Another rclone than the one that is installed. */
  readonly program?: string | undefined;
  /** Further variables for rclone's environment, such as a home of its own. */
  readonly env?: Record<string, string>;
}

/** rclone with a remote `one:`: its own OneDrive backend on one drive, through the emulator's CONNECT proxy. */
export async function rcloneOnOneDrive(folder: string, remote: OneDriveRemote & RcloneSignIn): Promise<Rclone> {
  const lines = [
    '[one]',
    'type = onedrive',
    ...signInLines(remote),
    `drive_id = ${remote.driveId}`,
    'drive_type = business',
  ];
  const env = {
    ...remote.env,
    HTTPS_PROXY: remote.proxy,
    RCLONE_CA_CERT: remote.caFile,
    // The copy monitor is asked by a plain Go client that does not know --ca-cert.
    SSL_CERT_FILE: remote.caFile,
  };
  return configured(join(folder, 'rclone-onedrive.conf'), lines, { env, program: remote.program });
}

function signInLines(signIn: RcloneSignIn): string[] {
  if ('accessToken' in signIn) {
    const token = JSON.stringify({
      access_token: signIn.accessToken,
      token_type: 'Bearer',
      refresh_token: '',
      expiry: '2045-01-01T00:00:00Z',
    });
    return [`token = ${token}`];
  }
  return [
    'client_credentials = true',
    `tenant = ${signIn.tenantId}`,
    `client_id = ${signIn.clientId}`,
    `client_secret = ${signIn.clientSecret}`,
  ];
}

async function configured(
  config: string,
  lines: readonly string[],
  { env = {}, program = 'rclone' }: { env?: Record<string, string>; program?: string | undefined } = {},
): Promise<Rclone> {
  await writeFile(config, `${lines.join('\n')}\n`);
  const all = (args: string[]) => ['--config', config, '--retries', '1', '--low-level-retries', '3', ...args];
  return Object.assign((...args: string[]) => mustRun(program, all(args), { env }), {
    try: (...args: string[]) => run(program, all(args), { env }),
    fed: (input: string, ...args: string[]) => mustRun(program, all(args), { env, input }),
    start: (...args: string[]) => start(program, all(args), { env }),
  });
}
