import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signPath } from '../../src/downloads/signature.ts';

/** The program of examples/download-proxy; it is not TypeScript, so this file types the parts that tests use. */
export const SERVE = new URL('../../examples/download-proxy/serve.js', import.meta.url);

interface ServeModule {
  createProxyServer(env: ProxyEnv, parts: { now?: () => number; log: (line: string) => void }): Server;
}

/** The settings of the proxy; read anew for each request, so that a test can set ADDRESS when it knows it. */
export interface ProxyEnv {
  ADDRESS: string;
  KEYS: string;
  ALLOW_HTTP?: string;
}

export interface DownloadProxy {
  readonly url: string;
  readonly env: ProxyEnv;
  /** Everything that it has logged. */
  readonly logged: string[];
  /** The URL that the server would sign: with the first key, and for ever. */
  signed(path: string, options?: { key?: string; expires?: number }): string;
  stop(): Promise<void>;
}

/** The reference proxy on Node, in this process and on a free port. Plain http is allowed. */
export async function startDownloadProxy({ now, ...env }: ProxyEnv & { now?: () => number }): Promise<DownloadProxy> {
  const { createProxyServer } = (await import(SERVE.href)) as ServeModule;
  const logged: string[] = [];
  const settings: ProxyEnv = { ALLOW_HTTP: '1', ...env };
  const server = createProxyServer(settings, { now, log: line => void logged.push(line) });
  const { url, stop } = await listen(server);
  return {
    url,
    env: settings,
    logged,
    signed: (path, { key = settings.KEYS.split(',')[0]!, expires = 0 } = {}) =>
      `${url}${encodePath(path)}?sign=${signPath(path, expires, key)}`,
    stop,
  };
}

export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Starts a server on a free port of this machine. */
export async function listen(server: Server): Promise<{ url: string; stop(): Promise<void> }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
