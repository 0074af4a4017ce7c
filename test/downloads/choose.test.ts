import { describe, expect, it } from 'vitest';
import { chooseDownload, type DownloadFacts } from '../../src/downloads/choose.ts';
import { type ClientRule, KNOWN_CLIENTS } from '../../src/downloads/clients.ts';
import type { DownloadPolicy, DownloadWay } from '../../src/downloads/policy.ts';
import { listedEntry } from '../support/folder-html.ts';

const THRESHOLD = 256 * 1024;
const RULES = { clients: KNOWN_CLIENTS, minRedirectBytes: THRESHOLD };
const REDIRECTED = 'rclone/v1.60.1-DEV';
const POLICIES: DownloadPolicy[] = ['auto', 'redirect', 'download-proxy', 'proxy'];

/** A client that `auto` redirects, for a file that nothing keeps here. */
const facts = (changes: Partial<DownloadFacts> = {}): DownloadFacts => ({
  policy: 'auto',
  userPolicy: undefined,
  userAgent: REDIRECTED,
  entry: listedEntry('film.mkv', { size: THRESHOLD }),
  dependsOnOurTags: false,
  isFromOtherOrigin: false,
  isLocked: false,
  isJustWritten: false,
  hasFailedBefore: false,
  canRedirect: true,
  ...changes,
});

const choose = (changes: Partial<DownloadFacts>) => chooseDownload(facts(changes), RULES);

const rule = (userAgent: RegExp, way: DownloadWay): ClientRule => ({
  userAgent,
  way,
  clients: '',
  sample: '',
  evidence: '',
});

describe('the table of clients', () => {
  it.each(KNOWN_CLIENTS)('knows $clients by "$sample"', ({ sample, userAgent, way }) => {
    expect(KNOWN_CLIENTS.find(row => row.userAgent.test(sample))?.userAgent).toBe(userAgent);
    expect(choose({ userAgent: sample })).toEqual({ way, reason: 'client' });
  });

  it('does not depend on the case of a User-Agent, nor on earlier clients', () => {
    expect(KNOWN_CLIENTS.filter(({ userAgent }) => userAgent.flags !== 'i')).toEqual([]);
  });

  // From the table in the reference of clients, not from ours.
  it.each<[userAgent: string, way: DownloadWay]>([
    ['DavClnt', 'proxy'],
    ['Microsoft-WebDAV-MiniRedir/6.1.7601', 'proxy'],
    ['Microsoft Office/16.0 (Windows NT 10.0; Microsoft Word 16.0.4266; Pro)', 'proxy'],
    ['Microsoft Office Existence Discovery', 'proxy'],
    ['Microsoft Data Access Internet Publishing Provider DAV', 'proxy'],
    ['Mozilla/4.0 (compatible; MS FrontPage 4.0)', 'proxy'],
    ['WebDAVLib/1.3', 'proxy'],
    ['WebDAVFS/1.2.7 (01278000) Transmit/4.0 neon/0.29.3', 'proxy'],
    ['cadaver/0.24 neon/0.32.5', 'proxy'],
    ['WinSCP/6.1.2 neon/0.32.5', 'proxy'],
    ['OpenOffice/4.1', 'proxy'],
    ['Joplin/1.0', 'proxy'],
    ['aria2/1.36.0', 'proxy'],
    ['libmpv', 'proxy'],
    ['mpv 0.35.1', 'proxy'],
    ['Mozilla/5.0 (X11; Linux x86_64) KHTML/5.103.0 (like Gecko) Konqueror/5 KIO/5.103', 'redirect'],
    ['Wget/1.21.3', 'redirect'],
    ['lftp/4.9.2', 'redirect'],
    ['python-requests/2.28.1', 'redirect'],
    ['Mountain Duck/4.15.2 (Windows 10/10.0) (amd64)', 'redirect'],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36 Edg/128.0',
      'redirect',
    ],
    ['Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15', 'proxy'],
    ['Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/128.0 Mobile/15E148 Safari/604.1', 'proxy'],
    ['Mozilla/5.0 (Windows NT 10.0; rv:102.0) Gecko/20100101 Firefox/102.0 Zotero/7.0', 'proxy'],
    ['okhttp/4.12.0', 'proxy'],
    ['Infuse-Direct/7.7', 'proxy'],
    ['something/1.0 (not curl/8.0)', 'proxy'],
  ])('gives "%s" the way %s', (userAgent, way) => {
    expect(choose({ userAgent }).way).toBe(way);
  });

  it.each(['', 'nobody has seen this/1.0'])('keeps an unknown client ("%s") here', userAgent => {
    expect(choose({ userAgent })).toEqual({ way: 'proxy', reason: 'unknown-client' });
  });
});

describe('the order of the rules', () => {
  it('is that of the list: the first that matches counts', () => {
    const [first, second] = [rule(/^a/, 'redirect'), rule(/^ab/, 'proxy')];
    const wayBy = (clients: ClientRule[]) => chooseDownload(facts({ userAgent: 'abc' }), { ...RULES, clients }).way;
    expect([wayBy([first, second]), wayBy([second, first])]).toEqual(['redirect', 'proxy']);
  });

  it.each<[DownloadWay, string]>([
    ['proxy', REDIRECTED],
    ['redirect', 'davfs2/1.6.1 neon/0.32.5'],
    ['download-proxy', 'aria2/1.36.0'],
  ])("lets the operator's own rule %s win for %s", (way, userAgent) => {
    const clients = [rule(new RegExp(`^${userAgent.split('/')[0]}`), way), ...KNOWN_CLIENTS];
    expect(chooseDownload(facts({ userAgent }), { ...RULES, clients })).toEqual({ way, reason: 'client' });
  });
});

describe('a user', () => {
  it.each<[mount: DownloadPolicy, user: DownloadPolicy, way: DownloadWay, reason: string]>([
    ['redirect', 'proxy', 'proxy', 'user'],
    ['redirect', 'download-proxy', 'download-proxy', 'user'],
    ['download-proxy', 'proxy', 'proxy', 'user'],
    ['auto', 'proxy', 'proxy', 'user'],
    ['auto', 'download-proxy', 'download-proxy', 'user'],
    ['proxy', 'redirect', 'proxy', 'policy'],
    ['proxy', 'auto', 'proxy', 'policy'],
    ['download-proxy', 'redirect', 'download-proxy', 'policy'],
    ['redirect', 'redirect', 'redirect', 'policy'],
    ['auto', 'redirect', 'redirect', 'client'],
  ])('on a mount with %s who is held to %s gets %s (%s)', (policy, userPolicy, way, reason) => {
    expect(choose({ policy, userPolicy })).toEqual({ way, reason });
  });

  it('a client held to auto is under its cautions on a mount that redirects', () => {
    const given = (changes: Partial<DownloadFacts>) => choose({ policy: 'redirect', userPolicy: 'auto', ...changes });
    expect(given({ userAgent: 'cadaver/0.24' })).toEqual({ way: 'proxy', reason: 'client' });
    expect(given({ isLocked: true })).toEqual({ way: 'proxy', reason: 'locked' });
    // Only who goes by the client is watched for coming back.
    expect(given({})).toEqual({ way: 'redirect', reason: 'client' });
  });
});

describe('caution', () => {
  it.each<[reason: string, changes: Partial<DownloadFacts>]>([
    ['failed-before', { hasFailedBefore: true }],
    ['other-origin', { isFromOtherOrigin: true }],
    ['locked', { isLocked: true }],
    ['just-written', { isJustWritten: true }],
    ['small', { entry: listedEntry('note', { size: THRESHOLD - 1 }) }],
  ])('keeps what is "%s" here, under auto and under no other policy', (reason, changes) => {
    expect(choose({ policy: 'auto', ...changes })).toEqual({ way: 'proxy', reason });
    for (const policy of ['redirect', 'download-proxy'] as const) {
      expect(choose({ policy, ...changes })).toEqual({ way: policy, reason: 'policy' });
    }
  });

  it("holds for the operator's own rules too", () => {
    const clients = [rule(/^mine/, 'download-proxy')];
    const given = (changes: Partial<DownloadFacts>) =>
      chooseDownload(facts({ userAgent: 'mine', ...changes }), { ...RULES, clients }).way;
    expect([given({}), given({ isLocked: true })]).toEqual(['download-proxy', 'proxy']);
  });

  it('is not asked about a client that is kept here anyway', () => {
    expect(choose({ userAgent: 'DavClnt', isLocked: true, isJustWritten: true })).toEqual({
      way: 'proxy',
      reason: 'client',
    });
  });
});

describe('files that no policy redirects', () => {
  const objections: [reason: string, changes: Partial<DownloadFacts>][] = [
    ['empty', { entry: listedEntry('nothing', { size: 0 }) }],
    ['no-address', { canRedirect: false }],
    ['depends-on-tags', { dependsOnOurTags: true }],
  ];

  it.each(objections)('is what is "%s"', (reason, changes) => {
    for (const policy of POLICIES.filter(each => each !== 'proxy')) {
      // auto finds an empty file small before it is empty.
      const why = policy === 'auto' && reason === 'empty' ? 'small' : reason;
      expect([policy, choose({ policy, ...changes })]).toEqual([policy, { way: 'proxy', reason: why }]);
    }
    expect(choose({ policy: 'proxy', ...changes })).toEqual({ way: 'proxy', reason: 'policy' });
  });
});
