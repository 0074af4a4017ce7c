import { lockInfo } from '../../support/locks.ts';
import { basic } from '../../support/raw-http.ts';
import type { TestServer } from '../../support/test-server.ts';
import { bytesOf, type Condition, type Request, type Transfer } from './command.ts';
import { tokensOf } from './locks.ts';
import { namedLock } from './oracle.ts';
import type { Path, State } from './tree.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Each byte a character; undefined when the connection broke before its end. */
  readonly body: string | undefined;
}

/** The context of a request. */
export interface Sending {
  readonly server: TestServer;
  /** The folder of the sequence, in both mounts. */
  readonly folder: string;
  readonly state: State;
  /** The tag of the version that is at the request's place, without quotes. */
  readonly tag: string | undefined;
  readonly signal?: AbortSignal;
}

/** Sends a request as its client does; undefined when the client has left before the answer came. */
export async function send(request: Request, sending: Sending): Promise<Answer | undefined> {
  const { server, signal } = sending;
  const account = [server, ...server.others][request.client]!;
  const { method, headers, body } = messageOf(request, sending);
  try {
    const response = await fetch(urlOf(request.at, sending), {
      ...{ method, body, signal, redirect: 'manual' },
      headers: { ...basic(account.user, account.password), ...headers },
    });
    const bytes = await response.arrayBuffer().catch(() => undefined);
    const isText = response.headers.get('content-type')?.includes('xml');
    const text = bytes && Buffer.from(bytes).toString(isText ? 'utf8' : 'latin1');
    return { status: response.status, headers: response.headers, body: text };
  } catch (error) {
    if (signal?.aborted) {
      return undefined;
    }
    throw error;
  }
}

export function urlOf(path: Path, { server, folder }: Pick<Sending, 'server' | 'folder'>): string {
  const [mount, ...names] = path.split('/');
  return [server.url, mount, folder, ...names.map(encodeURIComponent)].join('/');
}

interface Message {
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const XML = { 'content-type': 'application/xml' };

function messageOf(request: Request, sending: Sending): Message {
  switch (request.method) {
    case 'GET':
      return {
        method: 'GET',
        headers: { ...rangeHeader(request.range), ...conditionHeader(request.condition, sending) },
      };
    case 'HEAD':
    case 'OPTIONS':
      return { method: request.method };
    case 'PROPFIND':
      return { method: 'PROPFIND', headers: { depth: String(request.depth) } };
    case 'PUT': {
      const time: Record<string, string> = request.mtime === undefined ? {} : { 'x-oc-mtime': String(request.mtime) };
      const headers = { ...time, ...conditionHeader(request.condition, sending), ...ifHeader(request, sending) };
      return { method: 'PUT', headers, body: bytesOf(request.content) };
    }
    case 'MKCOL':
      return { method: 'MKCOL', headers: ifHeader(request, sending) };
    case 'DELETE':
      return {
        method: 'DELETE',
        headers: { ...conditionHeader(request.condition, sending), ...ifHeader(request, sending) },
      };
    case 'COPY':
    case 'MOVE':
      return {
        method: request.method,
        headers: { ...transferHeaders(request, sending), ...ifHeader(request, sending) },
      };
    case 'PROPPATCH':
      return {
        method: 'PROPPATCH',
        headers: { ...XML, ...ifHeader(request, sending) },
        body: updateOf(request.change),
      };
    case 'LOCK':
      return {
        method: 'LOCK',
        headers: { ...XML, depth: request.depth, timeout: 'Infinite' },
        body: lockInfo(request.scope),
      };
    case 'REFRESH':
      return { method: 'LOCK', headers: { if: `(<${tokenOf(request, sending)}>)`, timeout: 'Infinite' } };
    case 'UNLOCK':
      return { method: 'UNLOCK', headers: { 'lock-token': `<${tokenOf(request, sending)}>` } };
  }
}

function tokenOf(request: Parameters<typeof namedLock>[1], { state }: Sending): string {
  return namedLock(state, request)?.token ?? 'opaquelocktoken:00000000-0000-4000-8000-000000000000';
}

function rangeHeader(range: string | undefined): Record<string, string> {
  return range === undefined ? {} : { range: `bytes=${range}` };
}

function conditionHeader(condition: Condition | undefined, { tag }: Sending): Record<string, string> {
  if (condition === undefined) {
    return {};
  }
  const [name, value] = condition.split(': ') as [string, string];
  return { [name]: value === 'current' ? `"${tag ?? 'nothing'}"` : value };
}

/**
 * Each token with the resource that its lock is on, so that the list holds wherever the request goes (RFC 4918
 * §10.4).
 */
function ifHeader(request: Parameters<typeof tokensOf>[1], sending: Sending): Record<string, string> {
  const lists = tokensOf(sending.state, request).map(({ path, token }) => `<${urlOf(path, sending)}> (<${token}>)`);
  return lists.length === 0 ? {} : { if: lists.join(' ') };
}

function transferHeaders({ method, to, overwrite, depth }: Transfer, sending: Sending): Record<string, string> {
  const whole = method === 'MOVE' ? 'infinity' : depth;
  return { destination: urlOf(to, sending), overwrite: overwrite ? 'T' : 'F', depth: whole };
}

function updateOf(change: { set: string } | { remove: true } | { mtime: number }): string {
  const action = 'remove' in change ? 'remove' : 'set';
  const property =
    'mtime' in change
      ? `<Z:Win32LastModifiedTime>${new Date(change.mtime * 1000).toUTCString()}</Z:Win32LastModifiedTime>`
      : `<x:p>${'set' in change ? change.set : ''}</x:p>`;
  const namespaces = 'xmlns:D="DAV:" xmlns:x="urn:x" xmlns:Z="urn:schemas-microsoft-com:"';
  return `<D:propertyupdate ${namespaces}><D:${action}><D:prop>${property}</D:prop></D:${action}></D:propertyupdate>`;
}
