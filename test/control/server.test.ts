import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlActions, ControlRefusal } from '../../src/control/actions.ts';
import { createControlClient } from '../../src/control/client.ts';
import { createControlListener } from '../../src/control/endpoints.ts';
import { NoServerError } from '../../src/control/errors.ts';
import { type ControlServer, createControlServer } from '../../src/control/server.ts';
import { makeTempDir } from '../support/temp-dir.ts';

let folder: Awaited<ReturnType<typeof makeTempDir>>;
const started: ControlServer[] = [];
const logged: { level: number; msg: string }[] = [];
const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });

beforeEach(async () => {
  folder = await makeTempDir();
  logged.length = 0;
});
afterEach(async () => {
  await Promise.all(started.splice(0).map(server => server.stop()));
  await folder[Symbol.asyncDispose]();
});

const asked: unknown[] = [];
const ACTIONS: ControlActions = {
  status: async () => ({ version: '1' }) as never,
  changes: async () => ({ changed: ['users'], needRestart: [] }),
  reload: async () => {
    throw new ControlRefusal('bad-config', 'config.yaml:1: mountz: unknown key');
  },
  setLogLevel: wish => ({ level: wish.level }),
  breakLocks: async tokens => {
    throw new Error(`the disk is full: ${tokens}`);
  },
  revokePasswords: async ids => {
    asked.push(ids);
    return ids.slice(1);
  },
  signOut: async person => {
    asked.push(person);
    return 3;
  },
};

const pathOf = (name = 'control.sock') => join(folder.path, 'private', name);
const addressOf = (path: string) => ({ path, isPipe: false });

async function start(path = pathOf(), actions = ACTIONS): Promise<ControlServer> {
  const server = createControlServer({ address: addressOf(path), listener: createControlListener(actions, log), log });
  await server.start();
  started.push(server);
  return server;
}

const clientAt = (path = pathOf()) => createControlClient(addressOf(path));

function raw(method: string, path: string, body = ''): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: pathOf(), method, path, agent: false }, async answer => {
      resolve({ status: answer.statusCode!, text: (await answer.setEncoding('utf8').toArray()).join('') });
    });
    sent.once('error', reject).end(body);
  });
}

/** Leaves a socket behind, as a killed process does. */
async function leaveSocket(path: string): Promise<void> {
  const program = join(folder.path, 'leave.mjs');
  writeFileSync(
    program,
    `import { createServer } from 'node:net'; createServer().listen(process.argv[2], () => process.send(1));`,
  );
  const child = fork(program, [path]);
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('the control socket', () => {
  it('is for its owner alone, in a folder of its own, and is removed at the end', async () => {
    const before = process.umask();
    const server = await start();
    expect(process.umask()).toBe(before);
    const modes = [pathOf(), join(folder.path, 'private')].map(path => (statSync(path).mode & 0o777).toString(8));
    expect(modes).toEqual(['600', '700']);
    expect(await clientAt().status()).toEqual({ version: '1' });
    await server.stop();
    expect(existsSync(pathOf())).toBe(false);
    await expect(clientAt().status()).rejects.toThrow(NoServerError);
  });

  it('takes the place of one that a dead process has left', async () => {
    await start();
    const path = pathOf('left.sock');
    await leaveSocket(path);
    expect(existsSync(path)).toBe(true);
    await expect(clientAt(path).status()).rejects.toThrow(NoServerError);
    await start(path);
    expect(await clientAt(path).status()).toEqual({ version: '1' });
  });

  it('leaves one that is answered alone, and says what to do', async () => {
    await start();
    await expect(start()).rejects.toThrow(/another process listens on the control socket ".*": end it, or set control/);
    expect(await clientAt().status()).toEqual({ version: '1' });
  });

  it('leaves a file that is no socket alone', async () => {
    const path = join(folder.path, 'notes.txt');
    writeFileSync(path, 'mine');
    await expect(start(path)).rejects.toThrow(/is another file; set control.socket to another path/);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it.each([
    [
      'a path that is too long',
      () => join(folder.path, 'x'.repeat(120)),
      /the path of the control socket has \d+ bytes/,
    ],
    ['a file system without sockets', () => '/proc/self/control.sock', /there can be no control socket/],
  ])('is missing with a warning, not a crash: %s', async (_what, path, warning) => {
    await start(path());
    expect(logged).toMatchObject([{ level: 40, msg: expect.stringMatching(warning) }]);
    await expect(clientAt(path()).status()).rejects.toThrow(NoServerError);
  });

  it('ends although a connection asks nothing', async () => {
    const server = await start();
    const idle = connect(pathOf());
    await once(idle, 'connect');
    const gone = once(idle, 'close');
    await server.stop();
    await gone;
  });
});

describe('its endpoints', () => {
  beforeEach(async () => {
    await start();
    asked.length = 0;
  });

  it('pass values in both directions', async () => {
    const client = clientAt();
    expect(await client.setLogLevel('debug', undefined)).toEqual({ level: 'debug' });
    expect(await client.revokePasswords(['a', 'b'])).toEqual(['b']);
    expect(await client.signOut({ userId: 'u', name: 'ada@contoso.com' })).toBe(3);
    expect(asked).toEqual([['a', 'b'], { userId: 'u', name: 'ada@contoso.com' }]);
  });

  it('tell a refusal, which is no error of the server, from a failure, which is logged', async () => {
    await expect(clientAt().reload()).rejects.toMatchObject({
      ...{ kind: 'bad-config', message: 'config.yaml:1: mountz: unknown key' },
    });
    expect(logged).toEqual([]);
    await expect(clientAt().breakLocks(['t'])).rejects.toMatchObject({
      kind: 'failed',
      message: 'the disk is full: t',
    });
    expect(logged).toMatchObject([{ level: 50, msg: 'a request on the control socket failed' }]);
  });

  it.each([
    ['GET', '/', '', 404, 'does not know GET /'],
    ['GET', '/reload', '', 404, 'does not know GET /reload'],
    ['POST', '/log-level', 'x', 400, 'must be a JSON object'],
    ['POST', '/log-level', '7', 400, 'must be a JSON object'],
    ['POST', '/log-level', '{"level":"loud"}', 400, 'the level must be one of trace, debug'],
    ['POST', '/log-level', '{"level":"info","seconds":0}', 400, 'the time must be more than 0'],
    ['POST', '/log-level', '{"level":"info","seconds":"9"}', 400, 'the time must be more than 0'],
    ['POST', '/people/revoke', '{"ids":[7]}', 400, '"ids" must be a list of texts'],
    ['POST', '/people/sign-out', '{"name":"a"}', 400, '"userId" must be a text'],
    ['POST', '/locks/break', `{"tokens":["${'x'.repeat(1024 * 1024)}"]}`, 400, 'the body is longer than'],
  ])('refuse %s %s with %.40s', async (method, path, body, status, message) => {
    const answer = await raw(method, path, body);
    expect([answer.status, JSON.parse(answer.text).message]).toEqual([status, expect.stringContaining(message)]);
    expect(asked).toEqual([]);
  });
});
