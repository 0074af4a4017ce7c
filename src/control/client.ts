import { request } from 'node:http';
import type { LogLevel } from '../lib/log-level.ts';
import type { ControlActions, ReloadReport } from './actions.ts';
import { type ControlAddress, objectionToAddress } from './address.ts';
import { ControlError, NoServerError } from './errors.ts';
import type { LogLevelStatus, Status } from './status.ts';

/** A running server, as commands use it. Each call throws NoServerError, or ControlError. */
export interface ControlClient {
  status(): Promise<Status>;
  changes(): Promise<ReloadReport>;
  reload(): Promise<ReloadReport>;
  setLogLevel(level: LogLevel, seconds: number | undefined): Promise<LogLevelStatus>;
  breakLocks(tokens: readonly string[]): Promise<readonly string[]>;
  revokePasswords(ids: readonly string[]): Promise<readonly string[]>;
  signOut: ControlActions['signOut'];
}

/** Longer than a reload that reads a directory anew. */
const SILENCE_MS = 120_000;

/** Returns a client for the server at this address; connects anew for each call. */
export function createControlClient(address: ControlAddress | undefined): ControlClient {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> =>
    (await send(usable(address), { method, path, body })) as T;
  return {
    status: () => call('GET', '/status'),
    changes: () => call('GET', '/changes'),
    reload: () => call('POST', '/reload'),
    setLogLevel: (level, seconds) => call('POST', '/log-level', { level, seconds }),
    breakLocks: async tokens => (await call<{ ended: string[] }>('POST', '/locks/break', { tokens })).ended,
    revokePasswords: async ids => (await call<{ revoked: string[] }>('POST', '/people/revoke', { ids })).revoked,
    signOut: async person => (await call<{ ended: number }>('POST', '/people/sign-out', person)).ended,
  };
}

function usable(address: ControlAddress | undefined): string {
  if (address === undefined) {
    throw new NoServerError('the configuration says that a server has no control socket: control.socket is false');
  }
  const objection = objectionToAddress(address);
  if (objection !== undefined) {
    throw new NoServerError(objection);
  }
  return address.path;
}

async function send(
  socketPath: string,
  { method, path, body }: { method: string; path: string; body: object | undefined },
): Promise<unknown> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const { status, answer } = await exchange({ socketPath, method, path }, text).catch((error: unknown) => {
    throw explain(error as NodeJS.ErrnoException, socketPath);
  });
  const parsed: unknown = JSON.parse(answer);
  if (status !== 200) {
    const { kind, message } = parsed as { kind: string; message: string };
    throw new ControlError(kind, message);
  }
  return parsed;
}

function exchange(
  where: { readonly socketPath: string; readonly method: string; readonly path: string },
  text: string,
): Promise<{ status: number; answer: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    const asked = request({ ...where, headers, agent: false, timeout: SILENCE_MS }, response => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', chunk => {
        answer += chunk;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode!, answer }));
    });
    asked.once('error', reject);
    asked.once('timeout', () => asked.destroy(new Error('the running server does not answer on its control socket')));
    asked.end(text);
  });
}

function explain(error: NodeJS.ErrnoException, path: string): Error {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new NoServerError(`no server runs with this configuration: nothing listens on "${path}"`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return new Error(`you may not use "${path}": run this as the user of the server`, { cause: error });
    default:
      return error;
  }
}
