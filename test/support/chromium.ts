import { mustRun } from './foreign-client.ts';
import { makeTempDir } from './temp-dir.ts';

/** Root in a container cannot have Chromium's sandbox; the pages are our own. */
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--hide-scrollbars'];

export interface Seen {
  readonly stdout: string;
  /** The page's console, including everything that its policy has refused. */
  readonly console: readonly string[];
}

/** Opens `url` in a Chromium without a window and with a profile of its own, does what `args` say, and ends. */
export async function openInChromium(url: string, args: readonly string[]): Promise<Seen> {
  await using profile = await makeTempDir();
  const flags = [...FLAGS, `--user-data-dir=${profile.path}`, '--enable-logging=stderr', '--timeout=20000'];
  const { stdout, stderr } = await mustRun('chromium', [...flags, ...args, url], { env: { HOME: profile.path } });
  return { stdout, console: stderr.split('\n').filter(line => /:CONSOLE[:(]/.test(line)) };
}

/** `path` on a server, with the name and the password in the URL, where a browser takes them from. */
export function urlWithPassword(
  { url, user, password }: { url: string; user: string; password: string },
  path: string,
): string {
  const full = new URL(path, url);
  full.username = encodeURIComponent(user);
  full.password = encodeURIComponent(password);
  return full.href;
}
