import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createCertificateAuthority } from '../../src/emulator/tls.ts';
import { eventually } from './eventually.ts';

/** The placeholders in the examples of docs/ for values that differ from host to host. */
const EXAMPLE = {
  site: 'files.example.com',
  upstream: '127.0.0.1:8080',
  key: '/etc/ssl/files.example.com.key',
  cert: '/etc/ssl/files.example.com.pem',
  pages: '/var/www/html',
};

export interface ReverseProxy {
  /** PEM of the certificate authority that clients must trust. */
  readonly ca: string;
  readonly caFile: string;
  stop(): Promise<void>;
}

export interface ReverseProxyOptions {
  /** A file in docs/examples. */
  readonly example: string;
  /** Where the proxy listens, as `localhost`. */
  readonly port: number;
  /** The port of our server. */
  readonly upstream: number;
  /** For its files. */
  readonly folder: string;
}

/** A port of this machine that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The lines below `# config.yaml:` of an example, for a server whose clients know it as `localhost:port`. */
export async function configOf(example: string, port: number): Promise<string[]> {
  const lines = (await readExample(example)).split('\n');
  const start = lines.indexOf('# config.yaml:') + 1;
  return lines.slice(start, lines.indexOf('', start)).map(line =>
    line
      .replace(/^# {3}/, '')
      .replace('port: 8080', 'port: 0')
      .replace(EXAMPLE.site, `localhost:${port}`),
  );
}

/** nginx with an example as its only server, in the foreground, all its files in `folder`. */
export async function startNginx({ example, port, upstream, folder }: ReverseProxyOptions): Promise<ReverseProxy> {
  const authority = await createCertificateAuthority();
  const { key, cert } = await authority.identityFor('localhost');
  const files = await writeFiles(folder, { 'ca.pem': authority.pem, 'key.pem': key, 'cert.pem': cert });
  const site = (await readExample(example))
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace(EXAMPLE.cert, files('cert.pem'))
    .replace(EXAMPLE.key, files('key.pem'))
    .replace(EXAMPLE.pages, await makePages(folder))
    .replaceAll(EXAMPLE.upstream, `127.0.0.1:${upstream}`);
  await writeFile(
    files('nginx.conf'),
    `${nginxFrame(folder)}http {\n${nginxFolders(folder)}access_log off;\n${site}}\n`,
  );
  const stop = await startProxy('nginx', ['-e', 'stderr', '-p', folder, '-c', files('nginx.conf')], { port, folder });
  return { ca: authority.pem, caFile: files('ca.pem'), stop };
}

/** The workers of an nginx started by root run as `nobody`, which may not enter a temporary folder. */
function nginxFrame(folder: string): string {
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  return `daemon off;\n${user}worker_processes 1;\npid ${folder}/nginx.pid;\nevents { worker_connections 256; }\n`;
}

function nginxFolders(folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return kinds.map(kind => `${kind}_temp_path ${folder}/${kind};\n`).join('');
}

/** Caddy with an example as its only site, and a certificate authority of its own instead of a public one. */
export async function startCaddy({ example, port, upstream, folder }: ReverseProxyOptions): Promise<ReverseProxy> {
  const options = ['admin off', 'local_certs', 'skip_install_trust', 'auto_https disable_redirects', 'grace_period 1s'];
  // HTTP/3 would take the UDP port of the same number.
  const servers = 'servers {\n\t\tprotocols h1 h2\n\t}';
  const site = (await readExample(example))
    .replace(`${EXAMPLE.site} {`, `https://localhost:${port} {\n\tbind 127.0.0.1`)
    .replace(EXAMPLE.pages, await makePages(folder))
    .replaceAll(EXAMPLE.upstream, `127.0.0.1:${upstream}`);
  const files = await writeFiles(folder, { Caddyfile: `{\n\t${[...options, servers].join('\n\t')}\n}\n${site}` });
  const args = ['run', '--adapter', 'caddyfile', '--config', files('Caddyfile')];
  const stop = await startProxy('caddy', args, { port, folder });
  const caFile = join(folder, 'caddy', 'pki', 'authorities', 'local', 'root.crt');
  return { ca: await readFile(caFile, 'utf8'), caFile, stop };
}

function readExample(name: string): Promise<string> {
  return readFile(new URL(`../../docs/examples/${name}`, import.meta.url), 'utf8');
}

/** The other things that the host serves. */
async function makePages(folder: string): Promise<string> {
  const pages = join(folder, 'pages');
  await mkdir(pages);
  await writeFile(join(pages, 'index.html'), 'another site');
  return pages;
}

async function writeFiles(folder: string, files: Record<string, string>): Promise<(name: string) => string> {
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
  }
  return name => join(folder, name);
}

/** Starts a proxy and waits until it serves; returns the function that ends it. */
async function startProxy(
  program: string,
  args: readonly string[],
  { port, folder }: { port: number; folder: string },
): Promise<() => Promise<void>> {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    complaints += text;
  });
  const ended = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const endedEarly = ended.then(() => Promise.reject(new Error(`${program} ended:\n${complaints}`)));
  try {
    await Promise.race([eventually(() => assertServes(port)), endedEarly]);
  } catch (error) {
    await stop();
    throw error;
  }
  endedEarly.catch(() => {});
  return stop;
}

/** Caddy listens before it has made its certificate, and ends handshakes until then. */
async function assertServes(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.destroy();
}
