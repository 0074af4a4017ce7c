import { describe, expect, it } from 'vitest';
import { KNOWN_CLIENTS } from '../../src/downloads/clients.ts';
import { type DownloadSettings, explainPolicy, optionsOf } from '../../src/downloads/settings.ts';
import { foldName } from '../../src/drive/path.ts';

const settings = (changes: Partial<DownloadSettings> = {}): DownloadSettings => ({
  redirectStatus: 302,
  minRedirectBytes: 256 * 1024,
  customHost: null,
  clients: [],
  proxy: { urls: [], template: null, sign: true, lifeSeconds: 3600, keys: [] },
  ...changes,
});

describe('explainPolicy', () => {
  it.each(['redirect', 'proxy', 'download-proxy'] as const)('needs one line where everybody gets %s', policy => {
    expect(explainPolicy(policy, settings())).toEqual([
      { clients: 'everybody', way: policy, why: 'the policy of the mount' },
    ]);
  });

  it('tells for each known client what it gets under auto and on what evidence, and ends with everybody else', () => {
    const lines = explainPolicy('auto', settings());
    expect(lines.slice(0, -1)).toEqual(KNOWN_CLIENTS.map(({ clients, way, evidence: why }) => ({ clients, way, why })));
    expect(lines.at(-1)).toEqual({ clients: 'everybody else', way: 'proxy', why: 'nothing is known about them' });
  });

  it("shows the operator's own rules first, and where they change a known client's policy", () => {
    const clients = [
      { userAgent: '^VLC', policy: 'proxy' },
      { userAgent: '^Infuse', policy: 'redirect' },
    ] as const;
    const [vlc, infuse, ...rest] = explainPolicy('auto', settings({ clients }));
    expect([vlc, infuse]).toEqual([
      { clients: 'User-Agent ~ ^VLC', way: 'proxy', why: 'downloads.clients' },
      { clients: 'User-Agent ~ ^Infuse', way: 'redirect', why: 'downloads.clients' },
    ]);
    expect(rest.filter(({ why }) => why === 'downloads.clients')).toEqual([
      { clients: 'VLC', way: 'proxy', why: 'downloads.clients' },
    ]);
  });

  it('gives everybody a rule that matches everything', () => {
    const clients = [{ userAgent: '.*', policy: 'redirect' }] as const;
    expect(new Set(explainPolicy('auto', settings({ clients })).map(({ way }) => way))).toEqual(new Set(['redirect']));
  });
});

describe('optionsOf', () => {
  const noMount = () => undefined;

  it('finds the policy of a mount whatever its case, and keeps what it does not know here', () => {
    const policies = new Map([[foldName('Übung'), 'redirect' as const]]);
    const { policyOf } = optionsOf(settings(), mount => policies.get(mount));
    expect(['ÜBUNG', 'other', ''].map(foldName).map(policyOf)).toEqual(['redirect', 'proxy', 'proxy']);
  });

  it('takes patterns without regard to case, before the known clients', () => {
    const { clients } = optionsOf(settings({ clients: [{ userAgent: '^infuse', policy: 'redirect' }] }), noMount);
    expect(clients[0]!.userAgent.test('Infuse-Direct/7.7')).toBe(true);
    expect(clients.slice(1)).toEqual(KNOWN_CLIENTS);
  });

  it('has a download proxy only where there is a URL of one', () => {
    const proxy = { ...settings().proxy, keys: [{ secret: { reveal: () => 'k'.repeat(16) } }] };
    expect(optionsOf(settings({ proxy }), noMount).proxy).toBeUndefined();
    expect(optionsOf(settings({ proxy: { ...proxy, urls: ['https://dl.example.com'] } }), noMount).proxy).toMatchObject(
      {
        keys: ['k'.repeat(16)],
        template: undefined,
      },
    );
  });
});
