import { X509Certificate } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import { reachableHost } from '../lib/loopback.ts';
import { UsageError } from '../lib/usage-error.ts';

/** Longer than a healthy server ever takes. */
const TIMEOUT_MS = 5_000;
const DEFAULT_URL = 'http://127.0.0.1:8080/-/healthz';

interface Options {
  readonly url?: string;
  readonly config?: string;
  readonly ready?: boolean;
}

export function healthcheckCommand(command: Command): Command {
  return command
    .option('--config <file>', 'finds the server by its configuration')
    .option('--url <url>', `its health page (default: ${DEFAULT_URL})`)
    .option('--ready', 'asks whether it can serve requests, not only whether it is alive')
    .action(check);
}

async function check({ url, config: file, ready = false }: Options): Promise<void> {
  if (url !== undefined && file !== undefined) {
    throw new UsageError('give --config or --url, not both');
  }
  const page = ready ? 'readyz' : 'healthz';
  const { status, text } = await (file === undefined
    ? ask({ url: url ?? DEFAULT_URL.replace('healthz', page) })
    : askOwn(file, page));
  if (status !== 200) {
    throw new Error(`the server answered ${status}${ready ? `: ${text.trim()}` : ''}`);
  }
}

/**
 * Asks the server of a configuration. When the files no longer lead to it, its control socket does: a server goes on by
 * what it has read, so a slip in a file must not have it taken for dead and restarted. A server that is silent is.
 */
async function askOwn(file: string, page: string): Promise<Answer> {
  try {
    return await ask(ownServer(await readConfig(file), page));
  } catch (error) {
    const isSilent = (error as NodeJS.ErrnoException).code === 'ABORT_ERR';
    const url = isSilent ? undefined : await runningUrl(file);
    if (url === undefined) {
      throw error;
    }
    return ask({ url: new URL(`/-/${page}`, url).href, trustsAny: true });
  }
}

/** Returns where the server that runs with this configuration listens; undefined: none tells it. */
async function runningUrl(file: string): Promise<string | undefined> {
  try {
    const { findServer } = await import('./running-server.ts');
    const { client } = await findServer(file);
    const url = new URL((await client.status()).url);
    url.hostname = reachableHost(url.hostname);
    return url.href;
  } catch {
    return undefined;
  }
}

/** Loaded only when it is needed: a check without it starts much faster. */
async function readConfig(file: string): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts');
  return await loadConfig(file, process.env);
}

/** A page, and the certificate that its server must show. */
interface Target {
  readonly url: string;
  readonly cert?: string | undefined;
  /** The server itself has told the address on a socket that only its user can open. */
  readonly trustsAny?: boolean;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Returns a page of the server of a configuration, on this machine. */
export function ownServer(
  { listen: { host, port, tls } }: { listen: Pick<Config['listen'], 'host' | 'port' | 'tls'> },
  page: string,
): Target {
  return { url: `${tls === undefined ? 'http' : 'https'}://${reachableHost(host)}:${port}/-/${page}`, cert: tls?.cert };
}

/** Rejects when there is no whole answer in time, or when another certificate is shown. */
export function ask({ url, cert, trustsAny = false }: Target): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const take = (response: IncomingMessage) => {
    let text = '';
    response.setEncoding('utf8').on('data', part => {
      text += part;
    });
    response.once('end', () => resolve({ status: response.statusCode!, text })).once('error', reject);
  };
  const sent = url.startsWith('https:')
    ? httpsRequest(url, { signal, agent: false, ...(trustsAny ? { rejectUnauthorized: false } : pinning(cert)) }, take)
    : httpRequest(url, { signal, agent: false }, take);
  sent.once('error', reject).end();
  return promise;
}

/**
 * Trusts exactly the configured certificate, whatever names are in it: its own address is seldom one. OpenSSL takes a
 * certificate that is not an issuer for trusted with X509_V_FLAG_PARTIAL_CHAIN only.
 */
function pinning(cert: string | undefined) {
  if (cert === undefined) {
    return {};
  }
  const { fingerprint256 } = new X509Certificate(cert);
  return {
    ca: cert,
    allowPartialTrustChain: true,
    checkServerIdentity: (_host: string, shown: PeerCertificate) =>
      shown.fingerprint256 === fingerprint256 ? undefined : new Error('the server shows another certificate'),
  };
}
