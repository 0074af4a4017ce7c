type Environment = Readonly<Record<string, string | undefined>>;

/** Returns a function that opens a page in this machine's browser; undefined where nobody would see it. */
export function browserOf(env: Environment): ((url: string) => Promise<void>) | undefined {
  const isRemote = env.SSH_CONNECTION !== undefined || env.SSH_TTY !== undefined;
  const hasDesktop = process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  return isRemote || !hasDesktop ? undefined : openInBrowser;
}

async function openInBrowser(url: string): Promise<void> {
  const { default: open } = await import('open');
  const child = await open(url);
  // A browser that cannot be started is not fatal: the address is printed.
  child.on('error', () => {});
}
