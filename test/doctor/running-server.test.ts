import { describe, expect, it } from 'vitest';
import type { Status } from '../../src/control/status.ts';
import { runningServerCheck, type ServerLook } from '../../src/doctor/running-server.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { VERSION } from '../../src/lib/version.ts';

const NOW = new Date(systemClock.now()).toISOString();

const STATUS = {
  ...{ version: VERSION, pid: 7, since: NOW, config: { file: '/etc/config.yaml', loaded: NOW } },
  readiness: { ready: true, detail: 'ready', parts: [] },
  tenants: [{ name: 'default', tokenSince: NOW, quietSeconds: 0 }],
  mounts: { failing: [] },
} as unknown as Status;

const SAME = { kind: 'read', changed: [], needRestart: [] } as const;

async function check(look: ServerLook) {
  const { run } = runningServerCheck({
    configFile: '/etc/config.yaml',
    look: async () => look,
    clock: systemClock,
  });
  return run(new AbortController().signal);
}

const running = (change: object, difference: object = SAME) =>
  check({ kind: 'running', status: { ...STATUS, ...change }, difference } as ServerLook);

describe('the check of the running server', () => {
  it('says of a server that does not run just that', async () => {
    const found = await check({ kind: 'none', message: 'no server runs with this configuration' });
    expect(found).toEqual([{ level: 'skipped', saw: 'no server runs with this configuration' }]);
  });

  it('says of one that cannot be asked what to do', async () => {
    const [found] = await check({ kind: 'silent', message: 'you may not use "control.sock"' });
    expect(found).toMatchObject({ level: 'warning', cure: expect.stringContaining('as the user of the server') });
  });

  it.each([
    [{ version: '0.0.1' }, 'warning', /runs version 0\.0\.1.*; this program is version/],
    [{ config: { file: '/other.yaml', loaded: NOW } }, 'warning', /was started with \/other\.yaml, and not with \/etc/],
    [{ readiness: { ready: false, detail: 'discovering mailboxes' } }, 'warning', /not ready: discovering mailboxes/],
    [{ tenants: [{ name: 'default', quietSeconds: 30 }] }, 'warning', /asks it for silence for 30 s$/],
    [
      {
        tenants: [
          { name: 'a', quietSeconds: 0 },
          { name: 'b', quietSeconds: 30 },
        ],
      },
      'warning',
      /for silence for 30 s, in b$/,
    ],
    [
      { readiness: { ready: true, detail: '', parts: [{ part: 'state', ok: false, reason: 'the disk is full' }] } },
      'failure',
      /^state: the disk is full$/,
    ],
  ])('sees in %j a %s', async (change, level, saw) => {
    const found = (await running(change)).filter(each => !['ok', 'skipped'].includes(each.level));
    expect(found).toMatchObject([{ level, saw: expect.stringMatching(saw), cure: expect.any(String) }]);
  });

  it('names a few of many failing mounts, and how to see all', async () => {
    const failing = Array.from({ length: 9 }, (_, index) => ({ name: `m${index}`, cause: 'gone', since: NOW }));
    const found = await running({ mounts: { failing } });
    expect(found.filter(({ level }) => level === 'warning').map(({ saw }) => saw.slice(0, 13))).toEqual([
      ...['its mount /m0', 'its mount /m1', 'its mount /m2', 'its mount /m3', 'its mount /m4'],
      'and 4 more of',
    ]);
  });

  it('is at ease with a server of an older release, which cannot compare', async () => {
    const found = await running({}, { kind: 'unknown' });
    expect(found.map(({ level }) => level)).toEqual(['ok', 'skipped', 'ok']);
  });
});
