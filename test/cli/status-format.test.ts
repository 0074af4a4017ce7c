import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderStatus } from '../../src/cli/status-format.ts';
import type { RequestStatus, ShareStatus, Status } from '../../src/control/status.ts';
import { formatTime } from '../../src/lib/format-time.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

const WELL: Status = {
  ...{ version: '1.2.3', node: 'v24.0.0', pid: 7, since: ago(200_000), url: 'https://0.0.0.0:8443/' },
  config: { file: '/etc/webdav/config.yaml', loaded: ago(125) },
  logLevel: { level: 'info' },
  readiness: { ready: true, detail: 'ready', parts: [{ part: 'disk', ok: true }] },
  servers: [],
  tenants: [
    { ...{ name: 'default', tenantId: 'contoso.com', cloud: 'global' }, credential: 'certificate', quietSeconds: 0 },
  ],
  mounts: { all: 3, discovered: 2, complete: true, byState: { open: 2, unused: 1, failing: 0 }, failing: [] },
  requests: [],
  uploadSessions: [{ tenant: 'default', active: 0, left: 0 }],
  feeds: [{ tenant: 'default', driveId: 'd', mounts: ['ada'], looked: ago(9), ageSeconds: 9, failures: 0 }],
  ...{ space: [], locks: [], devices: [], shares: [], problems: [] },
  process: {
    memory: { rss: 200 * 1024 ** 2, heapUsed: 50 * 1024 ** 2, heapTotal: 60 * 1024 ** 2, external: 8 * 1024 ** 2 },
    eventLoop: { delayP50Ms: 0.1, delayMaxMs: 1.5, utilization: 0.021 },
    cpuSeconds: 75.4,
  },
};

const render = (change: Partial<Status>, colours = false, columns = 80) =>
  renderStatus({ ...WELL, ...change }, { columns, colours, now: NOW });

function request(change: Partial<RequestStatus>): RequestStatus {
  const bytes = { read: 0, written: 3 * 1024 ** 2 };
  return { id: 'i', method: 'GET', path: '/ada/a', address: '::1', since: ago(65), seconds: 65, bytes, ...change };
}

describe('renderStatus', () => {
  it('counts the shares, where there are some', () => {
    const share: ShareStatus = {
      ...{ id: 'h4v0', kind: 'read', state: 'open', owner: 'ada', path: '/ada/x', target: 'folder', password: true },
      ...{ created: ago(9), expires: ago(-9) },
    };
    expect(render({ shares: [share, share] })).toContain('\n  shares    2 open: shares lists them\n');
    expect(render({})).not.toContain('shares');
  });

  it('shows a server that is well', () => {
    expect(render({}).split('\n')).toEqual([
      'onedrive-webdav 1.2.3  https://0.0.0.0:8443/',
      `  up        2 d 7 h  since ${ago(200_000)}, process 7, Node.js v24.0.0`,
      '  config    /etc/webdav/config.yaml, loaded 2 min 5 s ago',
      '  ready     yes: ready',
      '  tenants   contoso.com, global: certificate',
      '  mounts    3, 2 of them found by rules: 2 in use, 1 not used yet',
      '  uploads   0 sessions open',
      '  changes   1 drives followed, the oldest look 9 s ago',
      '  memory    200 MiB, heap 50 MiB of 60 MiB, buffers 8.0 MiB',
      '  loop      delay 0.1 ms, at most 1.5 ms, 2 % busy',
      '  cpu       1 min 15 s in all',
      '',
      'no requests under way',
    ]);
  });

  it('shows what is wrong, where and since when', () => {
    const text = render({
      readiness: {
        ready: false,
        detail: 'no token',
        parts: [
          { part: 'credential', tenant: 'fabrikam', ok: false, reason: 'AADSTS7000222: expired', since: ago(3_700) },
          { part: 'disk', ok: true },
        ],
      },
      tenants: [
        { ...WELL.tenants[0]!, credentialEnds: ago(-86_400 * 3), tokenSince: ago(600) },
        {
          ...WELL.tenants[0]!,
          name: 'fabrikam',
          tenantId: 'f.com',
          credentialEnds: ago(-86_400 * 300),
          quietSeconds: 90,
        },
      ],
      mounts: {
        ...{ all: 13, discovered: 0, complete: false, byState: { open: 1, unused: 0, failing: 12 } },
        failing: Array.from({ length: 12 }, (_each, index) => ({
          name: `m${index}`,
          cause: 'no\nlicence',
          since: ago(5),
        })),
      },
      uploadSessions: [{ tenant: 'default', active: 2, left: 1 }],
      feeds: [{ tenant: 'default', driveId: 'd', mounts: ['ada', 'both'], failures: 3 }],
      logLevel: { level: 'debug', until: ago(-60) },
    });
    for (const line of [
      '  ready     no: no token',
      '            credential of fabrikam: AADSTS7000222: expired (for 1 h 1 min)',
      '  tenants   contoso.com, global: certificate ends 2026-12-02, token 10 min 0 s old',
      '            fabrikam (f.com), global: certificate until 2027-09-25, Microsoft asks for silence for 90 s',
      '  mounts    13: 1 in use, 0 not used yet, 12 cannot be opened; rules are still being applied',
      '            m0  no\ufffdlicence (for 5 s)',
      '            and 2 more: status --json lists all',
      '  uploads   2 sessions open, 1 left behind and being cancelled',
      '  changes   1 drives followed',
      '            cannot be followed now: ada, both',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain(`log level debug until ${ago(-60)}`);
    expect(text).not.toContain('m10');
  });

  it('has a column for each fact of a request, cut at the width of the terminal', () => {
    const path = `/ada/${'x'.repeat(100)}`;
    const requests = [request({ user: 'ada' }), request({ method: 'PROPFIND', path, seconds: 0.4 })];
    const [title, head, first, second] = render({ requests }).split('\n').slice(12);
    expect([title, head]).toEqual(['2 requests under way', 'METHOD    TIME       RECEIVED  SENT     USER  PATH']);
    expect(first).toBe('GET       1 min 5 s  0 B       3.0 MiB  ada   /ada/a');
    expect(second).toMatch(/^PROPFIND {2}0\.4 s {6}0 B {7}3\.0 MiB {2}- {5}\/ada\/x+…$/);
    expect(second).toHaveLength(80);
    const many = Array.from({ length: 25 }, () => request({}));
    const lines = render({ requests: many }).split('\n').slice(12);
    expect([lines[0], lines.length, lines.at(-1)]).toEqual([
      ...['25 requests under way', 23, 'and 5 more: status --json lists all'],
    ]);
  });

  it('makes names from outside harmless, and shows a wrongly encoded path as it came', () => {
    const text = render({ requests: [request({ path: '/a%1b[2J', user: 'e\u202evil' }), request({ path: '/50%' })] });
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text).toContain('/50%');
  });

  it('has colours only where they are wanted, and the same text', () => {
    expect(render({}, true)).not.toBe(render({}));
    expect(stripVTControlCharacters(render({}, true))).toBe(render({}));
  });
});

describe('formatTime', () => {
  it.each([
    [0, '0 s'],
    [0.44, '0.4 s'],
    [59.9, '59 s'],
    [60, '1 min 0 s'],
    [3_599, '59 min 59 s'],
    [3_600, '1 h 0 min'],
    [172_799, '47 h 59 min'],
    [172_800, '2 d 0 h'],
  ])('of %d s', (seconds, text) => {
    expect(formatTime(seconds)).toBe(text);
  });
});

it('names the servers that share the state, and which one was asked', () => {
  const servers = [
    { name: 'dav-0', isSelf: true },
    { name: 'dav-1', isSelf: false },
  ];
  expect(render({ servers })).toContain('dav-0 (this one), dav-1');
  expect(render({})).not.toContain('this one');
});
