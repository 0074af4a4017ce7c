import { readFile } from 'node:fs/promises';

const SETTING = '/proc/sys/net/ipv4/tcp_migrate_req';

/** What to do when `migratesRequests` is false. */
export const MIGRATE_REQUESTS_CURE =
  'set net.ipv4.tcp_migrate_req=1 with sysctl, and in /etc/sysctl.d to keep it, or let a systemd socket hold the port';

/**
 * Returns true when the kernel gives connections that wait at a closed socket to another one that shares its port (Linux
 * 5.14, Documentation/networking/ip-sysctl, `tcp_migrate_req`), false when it resets them, and undefined where that
 * cannot be read.
 */
export async function migratesRequests(setting = SETTING): Promise<boolean | undefined> {
  const text = await readFile(setting, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : text.trim() === '1';
}
