import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, type ProgramResult, run } from './foreign-client.ts';

export interface Rclone {
  /** Runs rclone; throws when it fails. */
  (...args: string[]): Promise<ProgramResult>;
  /** Runs rclone and returns how it ended. */
  try(...args: string[]): Promise<ProgramResult>;
}

/** rclone with a remote `dav:` on a WebDAV server. */
export async function rcloneOnWebDav(
  folder: string,
  server: { url: string; user: string; password: string },
): Promise<Rclone> {
  const obscured = (await mustRun('rclone', ['obscure', server.password])).stdout.trim();
  return configured(folder, [
    '[dav]',
    'type = webdav',
    `url = ${server.url}`,
    'vendor = other',
    `user = ${server.user}`,
    `pass = ${obscured}`,
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
  return configured(folder, lines, {
    HTTPS_PROXY: drive.proxy,
    RCLONE_CA_CERT: drive.caFile,
    // The copy monitor is asked by a plain Go client that does not know --ca-cert.
    SSL_CERT_FILE: drive.caFile,
  });
}

async function configured(folder: string, lines: readonly string[], env: Record<string, string> = {}): Promise<Rclone> {
  const config = join(folder, `rclone-${lines[1]!.split(' ').at(-1)}.conf`);
  await writeFile(config, `${lines.join('\n')}\n`);
  const all = (args: string[]) => ['--config', config, '--retries', '1', '--low-level-retries', '3', ...args];
  return Object.assign((...args: string[]) => mustRun('rclone', all(args), { env }), {
    try: (...args: string[]) => run('rclone', all(args), { env }),
  });
}
