import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';

/** The keys of the configuration that say where the control socket is. */
export interface ControlPlace {
  /** Absolute. */
  readonly dataDir: string;
  readonly control: {
    /** Null: in `dataDir`; false: there is none. */
    readonly socket: string | false | null;
  };
}

/** The place of a control socket: `path` is for `listen` and `connect`. */
export interface ControlAddress {
  readonly path: string;
  /** True for a named pipe of Windows: it is no file, and ends with its process. */
  readonly isPipe: boolean;
}

const FILE = 'control.sock';
/** The bytes of `sun_path` without the zero at its end: unix(7) of Linux; of macOS and the BSDs `sys/un.h`. */
const MAX_BYTES = { linux: 107, other: 103 };

/** Returns where a server with this configuration can be controlled; undefined: nowhere. */
export function controlAddress(
  { dataDir, control }: ControlPlace,
  platform: NodeJS.Platform = process.platform,
): ControlAddress | undefined {
  if (control.socket === false) {
    return undefined;
  }
  const path = control.socket ?? join(dataDir, FILE);
  return platform === 'win32' ? { path: pipeName(path), isPipe: true } : { path: resolve(path), isPipe: false };
}

/** Returns why no socket can have this path; undefined when one can. The system would cut off a longer path. */
export function objectionToAddress(
  { path, isPipe }: ControlAddress,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const [bytes, max] = [Buffer.byteLength(path), platform === 'linux' ? MAX_BYTES.linux : MAX_BYTES.other];
  return isPipe || bytes <= max
    ? undefined
    : `the path of the control socket has ${bytes} bytes, and this system allows ${max}: set control.socket to a shorter path ("${path}")`;
}

/** Windows has no sockets in folders for Node.js: the name of the pipe is derived from the path, ignoring case. */
function pipeName(path: string): string {
  const digest = createHash('sha256').update(path.toLowerCase()).digest('hex').slice(0, 32);
  return `\\\\.\\pipe\\onedrive-webdav-${digest}`;
}
