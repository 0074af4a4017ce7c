import type { DeviceStatus, FeedStatus, LockStatus, RequestStatus } from '../control/status.ts';
import { formatBytes } from '../lib/byte-size.ts';
import { type Html, html } from '../lib/html.ts';
import { age, orNothing, table } from './table.ts';

/** More rows than this help nobody; `status --json` has all. */
const MAX_ROWS = 200;

export function renderRequests(requests: readonly RequestStatus[], now: number): Html {
  return html`<h2>Requests under way<small>${requests.length}</small></h2>
${orNothing(requests, 'None.', () =>
  table(['Method', 'Path', 'User', 'From', 'For', 'Received', 'Sent'], requests.slice(0, MAX_ROWS), request => [
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

export function renderFeeds(feeds: readonly FeedStatus[]): Html {
  const failing = feeds.filter(({ failures }) => failures > 0);
  return html`<h2>Changes of drives<small>${feeds.length} followed</small></h2>
${orNothing(failing, 'All of them are read without failures.', () =>
  table(
    ['Mounts', 'Failed looks', 'Last good look'],
    failing.slice(0, MAX_ROWS),
    ({ mounts, driveId, failures, ageSeconds }) => [
      mounts.join(', ') || driveId,
      failures,
      ageSeconds === undefined ? 'none yet' : `${ageSeconds} s ago`,
    ],
  ),
)}`;
}

export function renderLocks(locks: readonly LockStatus[], now: number): Html {
  return html`<h2>Locks<small>${locks.length}</small></h2>
${orNothing(locks, 'None.', () =>
  table(
    ['Path', 'User', 'Kind', 'Ends in', 'Action'],
    locks.slice(0, MAX_ROWS),
    ({ token, path, user, scope, expires }) => [
      path,
      user,
      scope,
      age(new Date(now).toISOString(), Date.parse(expires)),
      button('break-lock', { token }, ['Break', `Break the lock on ${path}? Its owner may lose what is not saved.`]),
    ],
  ),
)}`;
}

export function renderDevices(devices: readonly DeviceStatus[], now: number): Html {
  return html`<h2>Device passwords<small>${devices.length}</small></h2>
${orNothing(devices, 'None.', () =>
  table(['Person', 'Device', 'Made', 'Last used', 'Password', 'Sessions'], devices.slice(0, MAX_ROWS), device => [
    device.principal,
    device.name,
    `${age(device.created, now)} ago`,
    device.lastUse === undefined
      ? 'never'
      : html`<span title="${device.lastUse.client}">${age(device.lastUse.at, now)} ago from ${device.lastUse.address}</span>`,
    button('revoke-password', { id: device.id }, ['Revoke', `Revoke “${device.name}” of ${device.principal}?`]),
    button('sign-out', { userId: device.userId, name: device.principal }, [
      'Sign out in browsers',
      `Sign ${device.principal} out in all browsers?`,
    ]),
  ]),
)}`;
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
