import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openState } from '../../src/state/sqlite/state.ts';
import { runCommand } from '../support/command.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { lockInfo } from '../support/locks.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
let dav: Dav;

beforeAll(async () => {
  server = await startTestServer({ others: ['bob'] });
  dav = davClient(server);
});
afterAll(async () => {
  await server?.stop();
});

const cli = (...args: string[]) => runCommand([...args, '--config', join(server.folder, 'config.yaml')]);

async function take(path: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await dav('LOCK', path, headers, lockInfo());
  return answer.headers.get('lock-token')!.slice(1, -1);
}

describe('D16 the command locks', () => {
  it('lists the locks of a running server and ends the one that is in the way, for everybody at once', async () => {
    const bob = davClient({ url: server.url, ...accountOf(server) });
    const onMount = await take('/ada/', { Depth: 'infinity' });
    const onFile = await take('/grace/notes');
    const { code, stdout } = await cli('locks');
    expect([code, stdout.trim().split('\n').sort()]).toEqual([
      0,
      [
        expect.stringMatching(
          new RegExp(`^/ada/ and all below it {2}exclusive, of tester, for \\d+ s more {2}${onMount}$`),
        ),
        expect.stringMatching(new RegExp(`^/grace/notes {2}exclusive, of tester, for \\d+ s more {2}${onFile}$`)),
      ],
    ]);
    expect((await bob('PUT', '/ada/free', {}, 'x')).status).toBe(423);
    const ended = await cli('locks', '--break', onMount);
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/^ended: \/ada\/ and all below it/)]);
    expect((await bob('PUT', '/ada/free', {}, 'x')).status).toBe(201);
    expect((await dav('LOCK', '/ada/', { If: `(<${onMount}>)` })).status).toBe(412);
    expect((await bob('PUT', '/grace/notes', {}, 'x')).status).toBe(423);
    expect((await cli('locks', '--break', '/GRACE/notes')).code).toBe(0);
    expect((await bob('PUT', '/grace/notes', {}, 'x')).status).toBe(204);
    expect((await cli('locks', '--json')).stdout.trim()).toBe('[]');
  });

  it('says that nothing is meant by what names no lock', async () => {
    const { code, stderr } = await cli('locks', '--break', '/ada/nothing');
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no lock with the token or on the path')]);
  });
});

describe('D15 the command state', () => {
  it('checks and backs up beside the running server, and repairs once it is stopped', async () => {
    await take('/ada/kept');
    const whole = await cli('state', 'check');
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringMatching(/state\.sqlite is intact: .*\blocks 1/)]);
    const copy = join(server.folder, 'backup.sqlite');
    expect((await cli('state', 'backup', copy)).code).toBe(0);
    expect((await cli('state', 'backup', copy)).stderr).toContain('backup.sqlite" exists');
    const running = await cli('state', 'repair');
    expect([running.code, running.stderr]).toEqual([1, expect.stringContaining('another process serves')]);
  });

  it('repairs a damaged state, and a server starts on it', async () => {
    const stopped = await startTestServer();
    const data = join(stopped.folder, 'data');
    const config = join(stopped.folder, 'config.yaml');
    const command = (name: string) => runCommand(['state', name, '--config', config]);
    await stopped.suspend();
    const file = join(data, 'state.sqlite');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x5a, 4_096));
    const check = await command('check');
    expect([check.code, check.stdout]).toEqual([1, expect.stringContaining('is damaged:')]);
    const repair = await command('repair');
    expect([repair.code, repair.stdout]).toEqual([0, expect.stringContaining('the damaged state is kept as')]);
    expect((await command('check')).code).toBe(0);
    openState(data).close();
    await stopped.restart();
    expect((await davClient(stopped)('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    await stopped.stop();
  });
});

function accountOf({ others }: TestServer) {
  return { user: others[0]!.user, password: others[0]!.password };
}
