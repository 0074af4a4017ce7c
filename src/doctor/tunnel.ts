import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect as connectTcp, isIP, Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, rootCertificates, type TLSSocket } from 'node:tls';

/** How far a connection to a host gets. */
export type Way =
  | { readonly end: 'host' }
  /** The name has no address. */
  | { readonly end: 'dns'; readonly code: string }
  | { readonly end: 'connect'; readonly code: string }
  | { readonly end: 'proxy'; readonly code: string }
  /** The proxy answers, but refuses the tunnel. */
  | { readonly end: 'proxy-refused'; readonly status: number }
  /** The answer has a certificate that we do not trust. */
  | { readonly end: 'certificate'; readonly code: string; readonly issuer: string; readonly validity: string }
  | { readonly end: 'tls'; readonly code: string };

export interface WayOptions {
  readonly proxy: string | undefined;
  /** Certificates to trust besides the public ones, in PEM. */
  readonly caPem: string | undefined;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 15_000;
const NO_ADDRESS = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'];

/**
 * Connects as the transport does, step by step up to the handshake, to learn which step fails. Sends nothing to the
 * host. Accepts an untrusted certificate, to report its issuer.
 */
export async function exploreWay(origin: string, { proxy, caPem, signal }: WayOptions): Promise<Way> {
  const { hostname, port } = new URL(origin);
  const target = { host: hostname, port: Number(port || 443) };
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const sockets: Socket[] = [];
  const stop = () => {
    for (const socket of sockets) {
      socket.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    }
  };
  deadline.addEventListener('abort', stop);
  try {
    const opened = await (proxy === undefined ? openDirectly(target, sockets) : openByProxy(target, proxy, sockets));
    return opened instanceof Socket ? await shakeHands(opened, { host: target.host, caPem }) : opened;
  } finally {
    deadline.removeEventListener('abort', stop);
    stop();
    signal.throwIfAborted();
  }
}

interface Target {
  readonly host: string;
  readonly port: number;
}

function openDirectly(target: Target, sockets: Socket[]): Promise<Socket | Way> {
  return new Promise(resolve => {
    const socket = connectTcp(target);
    sockets.push(socket);
    socket.once('connect', () => resolve(socket));
    socket.on('error', error => {
      const code = codeOf(error);
      resolve({ end: NO_ADDRESS.includes(code) ? 'dns' : 'connect', code });
    });
  });
}

function openByProxy({ host, port }: Target, proxy: string, sockets: Socket[]): Promise<Socket | Way> {
  const { protocol, hostname, port: proxyPort, username, password } = new URL(proxy);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization =
    username === '' ? {} : { 'Proxy-Authorization': `Basic ${Buffer.from(user).toString('base64')}` };
  const request = (protocol === 'https:' ? requestHttps : requestHttp)({
    method: 'CONNECT',
    host: hostname,
    port: proxyPort || (protocol === 'https:' ? 443 : 80),
    path: `${host}:${port}`,
    headers: { Host: `${host}:${port}`, ...authorization },
    agent: false,
  });
  return new Promise(resolve => {
    request.on('socket', socket => sockets.push(socket));
    request.on('connect', (response, socket) => {
      socket.on('error', () => {});
      resolve(response.statusCode === 200 ? socket : { end: 'proxy-refused', status: response.statusCode ?? 0 });
    });
    // A proxy that does not know CONNECT answers it like any other request.
    request.on('response', response => resolve({ end: 'proxy-refused', status: response.statusCode ?? 0 }));
    request.on('error', error => resolve({ end: 'proxy', code: codeOf(error) }));
    request.end();
  });
}

function shakeHands(socket: Socket, { host, caPem }: { host: string; caPem: string | undefined }): Promise<Way> {
  const ca = caPem === undefined ? {} : { ca: [...rootCertificates, caPem] };
  // An address is not allowed as a server name (RFC 6066 §3).
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const tls = connectTls({ socket, host, ...servername, rejectUnauthorized: false, ...ca });
  return new Promise(resolve => {
    tls.once('secureConnect', () => resolve(tls.authorized ? { end: 'host' } : describeCertificate(tls)));
    tls.on('error', error => resolve({ end: 'tls', code: codeOf(error) }));
    tls.once('close', () => resolve({ end: 'tls', code: 'ECONNRESET' }));
  });
}

function describeCertificate(tls: TLSSocket): Way {
  // Node's types say Error, but the value is a code as a string, or an error with one.
  const error: unknown = tls.authorizationError;
  const { issuer, valid_from, valid_to } = tls.getPeerCertificate();
  return {
    end: 'certificate',
    code: error instanceof Error ? codeOf(error) : String(error),
    issuer: nameOf(issuer),
    validity: `${valid_from} to ${valid_to}`,
  };
}

function nameOf(issuer: PeerCertificate['issuer'] | undefined): string {
  const { O: organisation, CN: common } = issuer ?? {};
  return [organisation, common].flat().filter(Boolean).join(', ') || 'an issuer without a name';
}

function codeOf(error: Error & { code?: string }): string {
  // Several addresses were tried, each with an error of its own.
  const [first] = error instanceof AggregateError ? error.errors : [];
  return error.code ?? first?.code ?? error.message;
}
