type Environment = Readonly<Record<string, string | undefined>>;

/** Opens a page in the browser of whoever sits at this machine; undefined where nobody would see it. */
export function browserOf(env: Environment): ((url: string) => Promise<void>) | undefined {
  const isRemote = env.SSH_CONNECTION !== undefined || env.SSH_TTY !== undefined;
  const hasDesktop = process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  return isRemote || !hasDesktop ? undefined : openInBrowser;
}

async function openInBrowser(url: string): Promise<void> {
  const { default: open } = await import('open');
  const child = await open(url);
  // It ends when it likes; that it cannot be started is no reason to end, either: the address is printed.
  child.on('error', () => {});
}
