import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, type ProgramResult, run } from './foreign-client.ts';

export interface Rclone {
  /** Runs rclone; throws when it fails. */
  (...args: string[]): Promise<ProgramResult>;
  /** Runs rclone and returns how it ended. */
  try(...args: string[]): Promise<ProgramResult>;
  /** Runs rclone with `input` on its standard input; throws when it fails. */
  fed(input: string, ...args: string[]): Promise<ProgramResult>;
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

/** rclone with a remote `one:`: its own OneDrive backend on one drive, through the emulator's CONNECT proxy. */
export async function rcloneOnOneDrive(
  folder: string,
  drive: { accessToken: string; driveId: string; proxy: string; caFile: string },
): Promise<Rclone> {
  const token = JSON.stringify({
    access_token: drive.accessToken,
    token_type: 'Bearer',
    refresh_token: '',
    expiry: '2045-01-01T00:00:00Z',
  });
  const lines = [
    '[one]',
    'type = onedrive',
    `token = ${token}`,
    `drive_id = ${drive.driveId}`,
    'drive_type = business',
  ];
  return configured(join(folder, 'rclone-onedrive.conf'), lines, {
    HTTPS_PROXY: drive.proxy,
    RCLONE_CA_CERT: drive.caFile,
    // The copy monitor is asked by a plain Go client that does not know --ca-cert.
    SSL_CERT_FILE: drive.caFile,
  });
}

async function configured(config: string, lines: readonly string[], env: Record<string, string> = {}): Promise<Rclone> {
  await writeFile(config, `${lines.join('\n')}\n`);
  const all = (args: string[]) => ['--config', config, '--retries', '1', '--low-level-retries', '3', ...args];
  return Object.assign((...args: string[]) => mustRun('rclone', all(args), { env }), {
    try: (...args: string[]) => run('rclone', all(args), { env }),
    fed: (input: string, ...args: string[]) => mustRun('rclone', all(args), { env, input }),
  });
}
