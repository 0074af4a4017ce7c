import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** A folder of this machine at a path inside. */
export interface Mount {
  readonly from: string;
  readonly to: string;
  readonly isWritable?: boolean;
}

export interface SandboxOptions {
  readonly mounts: readonly Mount[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The user and the group inside and outside; only root can choose another than its own. */
  readonly uid?: number;
  /** What stages that build have: a shell, the tools of Debian and npm. The final image has none of them. */
  readonly isBuild?: boolean;
}

/** Where the images of Node.js without a distribution keep it. */
export const NODE = '/nodejs/bin/node';

/**
 * Starts a program in a root file system of its own (bubblewrap): the C library of this machine, Node.js, and the given
 * folders. The root is read-only, as under `docker run --read-only`. The network is this machine's.
 */
export function startInSandbox(command: readonly string[], options: SandboxOptions): ChildProcess {
  const { mounts, cwd, env, uid, isBuild } = options;
  const args = [
    ...[
      '--unshare-user-try',
      '--unshare-ipc',
      '--unshare-uts',
      '--die-with-parent',
      '--dev',
      '/dev',
      '--proc',
      '/proc',
    ],
    '--clearenv',
    ...(isBuild ? [...bind('/usr'), ...['/bin', '/sbin'].flatMap(alias), ...bind('/etc'), ...npmFolders()] : runtime()),
    ...['/lib', '/lib32', '/lib64'].flatMap(alias),
    ...['--ro-bind', process.execPath, NODE],
    ...mounts.flatMap(({ from, to, isWritable }) => [isWritable ? '--bind' : '--ro-bind', from, to]),
    ...(isBuild ? ['--tmpfs', '/tmp'] : ['--dir', '/tmp', '--remount-ro', '/']),
    ...['--chdir', cwd, ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value])],
  ];
  return spawn('bwrap', [...args, ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a sandbox to its end. */
export function runInSandbox(command: readonly string[], options: SandboxOptions, input = ''): Promise<Ended> {
  const child = startInSandbox(command, options);
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ['', ''];
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', code => resolve({ code, stdout, stderr }));
    child.stdin!.on('error', () => {});
    child.stdin!.end(input);
  });
}

function bind(path: string): string[] {
  return ['--ro-bind', path, path];
}

/** A folder that is a link into /usr on systems of today. */
function alias(path: string): string[] {
  if (!existsSync(path)) {
    return [];
  }
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : bind(path);
}

/** What the final image has besides Node.js: the C library, names of hosts and public certificates; no shell. */
function runtime(): string[] {
  const files = ['/etc/hosts', '/etc/resolv.conf', '/etc/nsswitch.conf', '/etc/ssl', '/usr/lib', '/usr/lib64'];
  return files.filter(file => existsSync(file)).flatMap(bind);
}

/** npm with its settings and its cache, which may be anywhere. */
function npmFolders(): string[] {
  const npm = dirname(dirname(realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())));
  const setting = (name: string) => execFileSync('npm', ['config', 'get', name], { encoding: 'utf8' }).trim();
  const [cache, globalConfig, userConfig] = ['cache', 'globalconfig', 'userconfig'].map(setting) as [
    string,
    string,
    string,
  ];
  return [
    ...['--ro-bind', npm, '/nodejs/lib/npm', '--symlink', '../lib/npm/bin/npm-cli.js', '/nodejs/bin/npm'],
    ...['--bind', cache, cache, '--ro-bind-try', globalConfig, globalConfig, '--ro-bind-try', userConfig, userConfig],
    ...['--setenv', 'npm_config_cache', cache, '--setenv', 'npm_config_globalconfig', globalConfig],
    ...['--setenv', 'npm_config_userconfig', userConfig],
    ...Object.entries(process.env).flatMap(([name, value]) => passOn(name, value!)),
  ];
}

/** The way to the registry: a proxy, certificates, settings of npm. A file of certificates is put inside. */
function passOn(name: string, value: string): string[] {
  if (
    !/^(npm_config_(?!cache|prefix|globalconfig|userconfig)\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|(https?|no)_proxy)$/i.test(
      name,
    )
  ) {
    return [];
  }
  return [...(value.startsWith('/') ? ['--ro-bind-try', value, value] : []), '--setenv', name, value];
}
