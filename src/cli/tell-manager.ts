import { execFile } from 'node:child_process';
import type { Log } from '../lib/log.ts';

/**
 * Tells systemd the state of the service (sd_notify(3)), where it has asked for it. Node has no datagram sockets in the
 * file system, so systemd's own program sends it; the unit needs `NotifyAccess=all`. Never fails: a service manager
 * without that program waits for its own time limit.
 */
export function tellManager(state: 'READY=1' | 'STOPPING=1', log: Log): Promise<void> {
  if (process.env.NOTIFY_SOCKET === undefined) {
    return Promise.resolve();
  }
  return new Promise(resolve => {
    execFile('systemd-notify', [state], error => {
      if (error !== null) {
        log.warn({ err: error, state }, 'could not tell the service manager');
      }
      resolve();
    });
  });
}
