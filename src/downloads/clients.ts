import type { DownloadWay } from './policy.ts';

/** The choice of `auto` for clients whose User-Agent matches. The first matching rule counts. */
export interface ClientRule {
  readonly userAgent: RegExp;
  readonly way: DownloadWay;
  /** The names of the clients, for people. */
  readonly clients: string;
  /** A sample User-Agent. */
  readonly sample: string;
  /** The evidence: the observed behaviour, its source and the version. */
  readonly evidence: string;
}

interface KnownClient extends ClientRule {
  /** One word for these clients, for metrics. */
  readonly family: string;
}

/**
 * Known behaviour of clients with redirects to another host. A client may be redirected only if it follows, drops the
 * Authorization header (OneDrive refuses it with 401), keeps Range, and does not treat the target as the document
 * itself.
 */
export const KNOWN_CLIENTS: readonly KnownClient[] = [
  {
    family: 'explorer',
    clients: 'Windows Explorer',
    sample: 'Microsoft-WebDAV-MiniRedir/10.0.19041',
    userAgent: /^(Microsoft-WebDAV-MiniRedir\/|DavClnt)/i,
    way: 'proxy',
    evidence: 'nobody has seen it follow a redirect of a GET; one of a PROPFIND breaks it (docker-webdav#13)',
  },
  {
    family: 'office',
    clients: 'Microsoft Office',
    sample: 'Microsoft Office Word 2016 (16.0.4266)',
    userAgent: /Microsoft (Office|Word|Excel|PowerPoint|Data Access)|MS FrontPage|^MSOffice|non-browser/i,
    way: 'proxy',
    evidence: 'mishandles redirects (MS-ADFSPIP lists its agents), and writes back what it has opened',
  },
  {
    family: 'finder',
    clients: 'Finder, Transmit',
    sample: 'WebDAVFS/3.0.0 (03008000) Darwin/19.6.0 (x86_64)',
    userAgent: /^WebDAV(FS|Lib)\//i,
    way: 'proxy',
    evidence:
      "Apple's network stack has sent Authorization on to the other host (CFNetwork-129.5 source; twentyhq/twenty#22658)",
  },
  {
    family: 'davfs2',
    clients: 'davfs2, cadaver, WinSCP and others on neon',
    sample: 'davfs2/1.6.1 neon/0.32.5',
    userAgent: /^davfs2\/|^cadaver\/|^WinSCP|\bneon\//i,
    way: 'proxy',
    evidence:
      'do not follow, or take the tag of the other host for ours (davfs2 1.6.1, cadaver 0.24 tested; WinSCP: same domain only)',
  },
  {
    family: 'libreoffice',
    clients: 'LibreOffice, OpenOffice',
    sample: 'LibreOffice 7.4.7.2 denylistedbackend/7.88.1 GnuTLS/3.7.9',
    userAgent: /LibreOffice|OpenOffice/i,
    way: 'proxy',
    evidence:
      "take the other host's URL for the document's: no lock, and it is saved as download.aspx beside (LibreOffice 7.4 tested)",
  },
  {
    family: 'apps',
    clients: 'RaiDrive, Duplicati, duplicity, Joplin, KeePass, Zotero, RetroArch, aria2, NetDrive, CarotDAV',
    sample: 'RaiDrive/2021.5.20.0',
    userAgent: /RaiDrive|Duplicati|duplicity|^Joplin\/|KeePass|Zotero|libretro|RetroArch|aria2|NetDrive|CarotDAV/i,
    way: 'proxy',
    evidence:
      'fail on a redirect, or send Authorization on (aria2 tested; OpenList#414, duplicati#6183, RetroArch#18875)',
  },
  {
    family: 'rclone',
    clients: 'rclone',
    sample: 'rclone/v1.60.1-DEV',
    userAgent: /^rclone\//i,
    way: 'redirect',
    evidence: 'follows without Authorization and with Range (1.60.1 tested; not with --webdav-auth-redirect)',
  },
  {
    family: 'gvfs',
    clients: 'GNOME Files (gvfs)',
    sample: 'gvfs/1.50.3',
    userAgent: /^gvfs\//i,
    way: 'redirect',
    evidence: 'follows without Authorization, takes tags from PROPFIND only (1.50.3 tested)',
  },
  {
    family: 'kde',
    clients: 'KDE (KIO, Dolphin)',
    sample: 'Mozilla/5.0 (X11; Linux x86_64) KIO/5.103 kioclient/5.27.5',
    userAgent: /\bKIO\/|\bdolphin\//i,
    way: 'redirect',
    evidence: 'follows without Authorization (5.103 tested)',
  },
  {
    family: 'vlc',
    clients: 'VLC',
    sample: 'VLC/3.0.24 LibVLC/3.0.24',
    userAgent: /^VLC\/|LibVLC\//i,
    way: 'redirect',
    evidence: 'follows without Authorization, stays on the other URL for seeks (3.0 tested)',
  },
  {
    family: 'kodi',
    clients: 'Kodi',
    sample: 'Kodi/20.2 (X11; Linux x86_64)',
    userAgent: /^(Kodi|XBMC)\//i,
    way: 'redirect',
    evidence: 'libcurl that follows and drops Authorization (source)',
  },
  {
    family: 'players',
    clients: 'ffmpeg, mpv and players on them',
    sample: 'Lavf/59.27.100',
    userAgent: /^Lavf\/|libmpv|^mpv/i,
    way: 'proxy',
    evidence:
      'every seek after a redirect fails: it comes back to us without Authorization and gives up on the 401 (5.1.9 tested)',
  },
  {
    family: 'curl',
    clients: 'curl, wget, lftp, python-requests, httpx, node-fetch',
    sample: 'curl/7.88.1',
    userAgent: /^(curl|Wget|lftp|python-requests|python-httpx)\/|node-fetch/i,
    way: 'redirect',
    evidence: 'drop Authorization on the way to another host (curl since 7.58; all tested)',
  },
  {
    family: 'cyberduck',
    clients: 'Cyberduck, Mountain Duck',
    sample: 'Cyberduck/8.7.0.40629 (Mac OS X/13.5) (x86_64)',
    userAgent: /^(Cyberduck|Mountain Duck)\//i,
    way: 'redirect',
    evidence: 'follow GET, credentials are bound to the first host (source)',
  },
  {
    family: 'browser',
    clients: 'Firefox, Chrome, Edge',
    sample: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    userAgent: /^Mozilla\/.*(Firefox|Chrome)\//i,
    way: 'redirect',
    evidence: 'drop Authorization across origins; Safari does not and is not in this row',
  },
];

/** The rule for unknown clients. */
export const UNKNOWN_CLIENT = { way: 'proxy', clients: 'everybody else', sample: 'SomeClient/1.0' } as const;

/** Families beyond those that matter to downloads: programs that look whether the server is there, and other browsers. */
const MORE_FAMILIES: readonly { readonly userAgent: RegExp; readonly family: string }[] = [
  { userAgent: /^(kube-probe|Prometheus|Go-http-client|ELB-HealthChecker|GoogleHC|Blackbox)\b/i, family: 'probe' },
  { userAgent: /^Mozilla\//i, family: 'browser' },
];

/** All families that `clientFamily` returns. */
export const CLIENT_FAMILIES: readonly string[] = [
  ...new Set([...KNOWN_CLIENTS, ...MORE_FAMILIES].map(({ family }) => family)),
  'other',
];

/** Returns the family of a client by its User-Agent, one of CLIENT_FAMILIES. */
export function clientFamily(userAgent: string): string {
  return [...KNOWN_CLIENTS, ...MORE_FAMILIES].find(rule => rule.userAgent.test(userAgent))?.family ?? 'other';
}
