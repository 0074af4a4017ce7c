import { execFile } from 'node:child_process';
import type { Log } from '../lib/log.ts';

/**
 * Tells systemd the state of the service (sd_notify(3)), where it has asked for it. Node has no datagram sockets in the
 * file system, so systemd's own program sends it; the unit needs `NotifyAccess=all`. Never fails: a service manager
 * without that program waits for its own time limit. A reload has the time of its begin, as sd_notify(3) requires.
 */
export function tellManager(state: 'READY=1' | 'RELOADING=1' | 'STOPPING=1', log: Log): Promise<void> {
  if (process.env.NOTIFY_SOCKET === undefined) {
    return Promise.resolve();
  }
  return new Promise(resolve => {
    // CLOCK_MONOTONIC, which is the clock of Node's `hrtime`, in microseconds.
    const since = state === 'RELOADING=1' ? [`MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`] : [];
    execFile('systemd-notify', [state, ...since], error => {
      if (error !== null) {
        log.warn({ err: error, state }, 'could not tell the service manager');
      }
      resolve();
    });
  });
}
