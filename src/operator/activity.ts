import type { DeviceStatus, FeedStatus, LockStatus, RequestStatus, ShareStatus } from '../control/status.ts';
import { formatBytes } from '../lib/byte-size.ts';
import { type Html, html } from '../lib/html.ts';
import { age, type Look, orNothing, table, time } from './table.ts';

/** More rows than this help nobody; `status --json` has all. */
const MAX_ROWS = 200;

export function renderRequests(requests: readonly RequestStatus[], { now, words }: Look): Html {
  const heads = [words.method, words.path, words.user, words.from, words.since, words.received, words.sent];
  return html`<h2>${words.requests}<small>${requests.length}</small></h2>
${orNothing(requests, words.none, () =>
  table(heads, requests.slice(0, MAX_ROWS), request => [
    request.method,
    decoded(request.path),
    request.user ?? '–',
    html`<span title="${request.userAgent ?? ''}">${request.address}</span>`,
    age(request.since, now),
    formatBytes(request.bytes.read),
    formatBytes(request.bytes.written),
  ]),
)}`;
}

export function renderFeeds(feeds: readonly FeedStatus[], { words }: Look): Html {
  const failing = feeds.filter(({ failures }) => failures > 0);
  return html`<h2>${words.feeds}<small>${words.followed(feeds.length)}</small></h2>
${orNothing(failing, words.feedsWell, () =>
  table(
    [words.mounts, words.failedLooks, words.lastLook],
    failing.slice(0, MAX_ROWS),
    ({ mounts, driveId, failures, ageSeconds }) => [
      mounts.join(', ') || driveId,
      failures,
      ageSeconds === undefined ? words.noneYet : words.ago(`${ageSeconds} s`),
    ],
  ),
)}`;
}

export function renderLocks(locks: readonly LockStatus[], { now, words }: Look): Html {
  return html`<h2>${words.locks}<small>${locks.length}</small></h2>
${orNothing(locks, words.none, () =>
  table(
    [words.path, words.user, words.kind, words.endsIn, words.action],
    locks.slice(0, MAX_ROWS),
    ({ token, path, user, scope, expires }) => [
      path,
      user,
      scope,
      age(new Date(now).toISOString(), Date.parse(expires)),
      button('break-lock', { token }, [words.breakLock, words.breakQuestion(path)]),
    ],
  ),
)}`;
}

export function renderDevices(devices: readonly DeviceStatus[], { now, words }: Look): Html {
  const heads = [words.person, words.device, words.made, words.lastUsed, words.password, words.sessions];
  return html`<h2>${words.devices}<small>${devices.length}</small></h2>
${orNothing(devices, words.none, () =>
  table(heads, devices.slice(0, MAX_ROWS), device => [
    device.principal,
    device.name,
    words.ago(age(device.created, now)),
    device.lastUse === undefined
      ? words.never
      : html`<span title="${device.lastUse.client}">${words.usedFrom(age(device.lastUse.at, now), device.lastUse.address)}</span>`,
    button('revoke-password', { id: device.id }, [words.revoke, words.revokeQuestion(device.name, device.principal)]),
    button('sign-out', { userId: device.userId, name: device.principal }, [
      words.signOut,
      words.signOutQuestion(device.principal),
    ]),
  ]),
)}`;
}

/** Those that open something; a share that has ended is in `shares --json`. */
export function renderShares(shares: readonly ShareStatus[], { now, words }: Look): Html {
  const heads = [words.path, words.owner, words.kind, words.endsIn, words.password, words.downloads, words.opened];
  return html`<h2>${words.shares}<small>${shares.length}</small></h2>
${orNothing(shares, words.none, () =>
  table([...heads, words.action], shares.slice(0, MAX_ROWS), share => [
    share.path,
    share.owner,
    share.kind === 'read' ? words.forReading : words.forUploads,
    html`<span title="${share.expires}">${age(new Date(now).toISOString(), Date.parse(share.expires))}</span>`,
    share.password ? words.yes : words.no,
    downloadsOf(share, words),
    share.opened === undefined ? words.never : time(share.opened),
    button('revoke-share', { id: share.id }, [words.revoke, words.revokeShareQuestion(share.path, share.owner)]),
  ]),
)}`;
}

function downloadsOf({ downloads = 0, maxDownloads, state }: ShareStatus, words: Look['words']): string {
  if (maxDownloads === undefined) {
    return '–';
  }
  const count = words.downloadsOf(downloads, maxDownloads);
  return state === 'exhausted' ? `${count}, ${words.exhausted}` : count;
}

function button(
  action: string,
  fields: Readonly<Record<string, string>>,
  [word, question]: readonly [string, string],
): Html {
  const inputs = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return html`<form method="post" action="?action=${action}" data-asks="${question}">${inputs}<button>${word}</button></form>`;
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
