import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { tellManager } from '../../src/cli/tell-manager.ts';
import { createLog } from '../../src/lib/log.ts';
import { describeWith, start } from '../support/foreign-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** Node cannot receive datagrams of the file system either. */
const RECEIVE = `
import socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print('bound', flush=True)
print(' '.join(manager.recv(1000).decode().split()), flush=True)
`;

describeWith(['systemd-notify', 'python3'], 'tellManager', () => {
  it('tells the service manager that asked for it', async () => {
    await using folder = await makeTempDir();
    const socket = join(folder.path, 'notify');
    await using manager = start('python3', ['-c', RECEIVE, socket]);
    await vi.waitUntil(() => manager.printed.includes('bound'), { timeout: 60_000 });
    vi.stubEnv('NOTIFY_SOCKET', socket);
    await tellManager('READY=1', createLog({ level: 'fatal' }));
    await vi.waitUntil(() => manager.printed.includes('READY=1'), { timeout: 60_000 });
    expect(manager.printed.trim().split('\n')).toEqual(['bound', 'READY=1']);
  });

  it('says when a reload has begun, by the clock of the manager', async () => {
    await using folder = await makeTempDir();
    const socket = join(folder.path, 'notify');
    await using manager = start('python3', ['-c', RECEIVE, socket]);
    await vi.waitUntil(() => manager.printed.includes('bound'), { timeout: 60_000 });
    vi.stubEnv('NOTIFY_SOCKET', socket);
    const monotonic = () => Number(execFileSync('python3', ['-c', 'import time; print(time.monotonic_ns() // 1000)']));
    const before = monotonic();
    await tellManager('RELOADING=1', createLog({ level: 'fatal' }));
    await vi.waitUntil(() => manager.printed.includes('RELOADING=1'), { timeout: 60_000 });
    const since = Number(/^RELOADING=1 MONOTONIC_USEC=(\d+)$/m.exec(manager.printed)![1]);
    expect(since).toBeGreaterThanOrEqual(before);
    expect(since).toBeLessThanOrEqual(monotonic());
  });

  it('does not fail when the service manager has gone', async () => {
    await using folder = await makeTempDir();
    const logged: string[] = [];
    vi.stubEnv('NOTIFY_SOCKET', join(folder.path, 'nobody'));
    await tellManager(
      'STOPPING=1',
      createLog({ level: 'warn', destination: { write: line => void logged.push(line) } }),
    );
    expect(logged.join('')).toContain('could not tell the service manager');
  });
});
