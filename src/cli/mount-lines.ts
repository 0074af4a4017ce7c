/** A server and one of its users. */
export interface MountTarget {
  readonly url: string;
  readonly user: string;
  /** How the lines give the password; only a demo's throwaway password may be shown. */
  readonly password:
    | { readonly kind: 'shown'; readonly text: string }
    | { readonly kind: 'asked' | 'file'; readonly file?: string };
}

/**
 * Renders how Explorer, Finder and rclone open the server. A real password is in no command line: other users of the
 * machine can read those.
 */
export function renderMountLines({ url, user, password }: MountTarget): string {
  const { protocol, hostname, host, port, pathname } = new URL(url);
  const isPlain = protocol === 'http:';
  const share = isPlain
    ? `\\\\${hostname}@${port || 80}\\DavWWWRoot${pathname.replaceAll('/', '\\').replace(/\\$/, '')}`
    : url;
  const typed = password.kind === 'shown' ? `${password.text} /user:${user}` : `/user:${user} *`;
  return [
    `  Windows Explorer   net use X: ${share} ${typed}`,
    ...(isPlain
      ? ['                     (plain http: needs the registry value BasicAuthLevel=2 of the WebClient service)']
      : []),
    `  Finder             Go > Connect to Server > ${protocol}//${user}@${host}${pathname}`,
    `  rclone             rclone lsd --webdav-url ${url} --webdav-vendor owncloud --webdav-user ${user} \\`,
    `                       --webdav-pass "$(${obscure(password)})" :webdav:`,
  ].join('\n');
}

function obscure(password: MountTarget['password']): string {
  if (password.kind === 'shown') {
    return `rclone obscure '${password.text}'`;
  }
  return password.file === undefined ? 'rclone obscure -' : `rclone obscure - < '${password.file}'`;
}
