/** The first descriptor that systemd passes: SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST = 3;

/**
 * Returns the socket that the service manager has passed to this process (sd_listen_fds(3)), or undefined when there is
 * none, and removes the variables: no child of ours may take them for its own. Throws when there are several.
 */
export function takeListenFd(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) {
    delete env[name];
  }
  const count = Number(LISTEN_FDS ?? 0);
  if (LISTEN_PID !== String(pid) || !(count > 0)) {
    return undefined;
  }
  if (count > 1) {
    const names = LISTEN_FDNAMES === undefined ? '' : ` (${LISTEN_FDNAMES})`;
    throw new Error(
      `the service manager passes ${count} sockets${names}, and this server takes one: ` +
        'leave one ListenStream= in the socket unit; [::]:8080 with BindIPv6Only=both is IPv4 and IPv6',
    );
  }
  return FIRST;
}
