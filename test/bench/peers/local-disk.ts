import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { rssOf, type Subject } from './subjects.ts';
import { startProgram } from './world.ts';

/** A server of Debian that serves a folder of the local disk by WebDAV, or the reason why it is not there. */
export type LocalDisk = Subject | string;

const APACHE = '/usr/sbin/apache2';
const APACHE_MODULES = '/usr/lib/apache2/modules';
const NGINX = '/usr/sbin/nginx';
const NGINX_DAV = '/usr/lib/nginx/modules/ngx_http_dav_ext_module.so';
const MEMBERS = 1_000;

/** nginx answers PROPFIND with the module dav-ext only. */
export async function startNginx(folder: string): Promise<LocalDisk> {
  const missing = await missingOf([NGINX, 'nginx'], [NGINX_DAV, 'libnginx-mod-http-dav-ext']);
  if (missing !== undefined) {
    return missing;
  }
  const { port, root } = await prepare(folder);
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${folder}/${name};`,
  );
  const user = process.getuid?.() === 0 ? ' user root;' : '';
  const file = join(folder, 'nginx.conf');
  const lines = [
    `load_module ${NGINX_DAV};`,
    `daemon off; worker_processes auto;${user} pid ${folder}/nginx.pid; error_log ${folder}/error.log;`,
    'events { worker_connections 512; }',
    `http { access_log ${folder}/access.log; ${places.join(' ')}`,
    `server { listen 127.0.0.1:${port}; root ${root}; client_max_body_size 0; keepalive_requests 100000000;`,
    'location / { dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS; } } }',
  ];
  await writeFile(file, lines.join('\n'));
  return start('nginx', port, [NGINX, '-c', file, '-e', `${folder}/error.log`]);
}

export async function startApache(folder: string): Promise<LocalDisk> {
  const missing = await missingOf([APACHE, 'apache2-bin'], [`${APACHE_MODULES}/mod_dav_fs.so`, 'apache2-bin']);
  if (missing !== undefined) {
    return missing;
  }
  const { port, root } = await prepare(folder);
  const modules = ['mpm_event', 'authz_core', 'dav', 'dav_fs'];
  const file = join(folder, 'apache.conf');
  const lines = [
    ...modules.map(name => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`),
    `ServerName localhost\nListen 127.0.0.1:${port}\nServerRoot ${folder}\nPidFile ${folder}/apache.pid`,
    `ErrorLog ${folder}/apache-error.log\nCustomLog ${folder}/apache-access.log "%h %r %>s %b"`,
    `DefaultRuntimeDir ${folder}\nDavLockDB ${folder}/locks\nMaxKeepAliveRequests 0`,
    `User ${process.getuid?.() === 0 ? 'www-data' : `#${process.getuid?.()}`}`,
    `DocumentRoot ${root}\n<Directory ${root}>\nDav On\nRequire all granted\n</Directory>`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  // Its workers have another user than the one who measures.
  await promisify(execFile)('chmod', ['-R', 'a+rwX', folder]);
  return start('Apache', port, [APACHE, '-f', file, '-D', 'FOREGROUND']);
}

async function missingOf(...needed: (readonly [file: string, from: string])[]): Promise<string | undefined> {
  for (const [file, from] of needed) {
    if (
      !(await access(file).then(
        () => true,
        () => false,
      ))
    ) {
      return `not installed (Debian's ${from})`;
    }
  }
  return undefined;
}

/** The same files as in the drive, and a free port. */
async function prepare(folder: string): Promise<{ readonly port: number; readonly root: string }> {
  const root = join(folder, 'root');
  await Promise.all(['up', 'thousand-0'].map(name => mkdir(join(root, name), { recursive: true })));
  await writeFile(join(root, 'small.txt'), 'small');
  for (let index = 0; index < MEMBERS; index += 1) {
    await writeFile(join(root, 'thousand-0', `file number ${index}.txt`), `content ${index}`);
  }
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return { root, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function start(name: string, port: number, [program, ...args]: readonly string[]): Promise<Subject> {
  const running = startProgram(program!, args);
  running.child.stdout?.resume();
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (running.child.exitCode !== null || tries === 100) {
      throw new Error(`${name} has not started: see its messages above`);
    }
    await sleep(100);
  }
  return {
    ...{ name, url: `http://127.0.0.1:${port}`, headers: {} },
    rss: () => rssOf(running.child.pid!),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
