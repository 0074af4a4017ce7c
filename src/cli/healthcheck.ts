import { X509Certificate } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
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
  const target =
    file === undefined ? { url: url ?? DEFAULT_URL.replace('healthz', page) } : ownServer(await readConfig(file), page);
  const { status, text } = await ask(target);
  if (status !== 200) {
    throw new Error(`the server answered ${status}${ready ? `: ${text.trim()}` : ''}`);
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
}

/** Returns a page of the server of a configuration, on this machine. */
export function ownServer(
  { listen: { host, port, tls } }: { listen: Pick<Config['listen'], 'host' | 'port' | 'tls'> },
  page: string,
): Target {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  const name = reachable.includes(':') ? `[${reachable}]` : reachable;
  return { url: `${tls === undefined ? 'http' : 'https'}://${name}:${port}/-/${page}`, cert: tls?.cert };
}

/** Rejects when there is no whole answer in time, or when another certificate is shown. */
export function ask({ url, cert }: Target): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const take = (response: IncomingMessage) => {
    let text = '';
    response.setEncoding('utf8').on('data', part => {
      text += part;
    });
    response.once('end', () => resolve({ status: response.statusCode!, text })).once('error', reject);
  };
  const sent = url.startsWith('https:')
    ? httpsRequest(url, { signal, agent: false, ...pinning(cert) }, take)
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
