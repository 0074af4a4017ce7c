import { createServer } from 'node:net';
import type { Config } from '../config/load.ts';
import { reachableHost } from '../lib/loopback.ts';
import { findListener } from './file-holders.ts';
import { probeHttp } from './http-probe.ts';

/** The state of the address in `listen`. */
export type OwnServer =
  | { readonly state: 'free' }
  /** A server of ours answers there. */
  | { readonly state: 'running'; readonly by: string | undefined }
  | { readonly state: 'taken'; readonly by: string | undefined }
  /** The system refuses to listen there, with this code. */
  | { readonly state: 'refused'; readonly code: string };

/** Returns a function that looks once, at its first call. */
export function createOwnServer({ host, port, tls }: Config['listen']): (signal: AbortSignal) => Promise<OwnServer> {
  let known: Promise<OwnServer> | undefined;
  const url = `${tls === undefined ? 'http' : 'https'}://${reachableHost(host)}:${port}`;
  return signal => {
    known ??= lookAt({ host, port, url }, signal);
    return known;
  };
}

async function lookAt(
  { host, port, url }: { host: string; port: number; url: string },
  signal: AbortSignal,
): Promise<OwnServer> {
  const code = await tryToListen(host, port);
  if (code === undefined) {
    return { state: 'free' };
  }
  if (code !== 'EADDRINUSE') {
    return { state: 'refused', code };
  }
  const holder = await findListener(port);
  const by = holder === undefined ? undefined : `process ${holder.pid} (${holder.command})`;
  return { state: (await isOurs(url, signal)) ? 'running' : 'taken', by };
}

/** Returns the error's code, or undefined when the address is free. */
function tryToListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function isOurs(url: string, signal: AbortSignal): Promise<boolean> {
  const answer = await probeHttp(`${url}/-/healthz`, { method: 'GET', trust: 'any', signal }).catch(() => undefined);
  return answer?.status === 200 && answer.text === 'ok\n' && answer.headers['x-request-id'] !== undefined;
}
