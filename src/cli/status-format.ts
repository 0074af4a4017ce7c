import { styleText } from 'node:util';
import type { FeedStatus, MountsStatus, RequestStatus, Status, TenantStatus } from '../control/status.ts';
import { formatBytes } from '../lib/byte-size.ts';
import { dayOf, daysUntil, WARN_DAYS } from '../lib/days.ts';
import { formatTime, secondsSince } from '../lib/format-time.ts';
import { printable } from '../lib/printable.ts';

export interface StatusLook {
  readonly columns: number;
  readonly colours: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';
type Paint = (colour: Colour, text: string) => string;

/** The longest requests are shown, not all of them. */
const MAX_REQUESTS = 20;
const MAX_MOUNTS = 10;
const LABEL_WIDTH = 10;
/** A feed that is read less often than this although its drive is in use is behind. */
const BEHIND_SECONDS = 15 * 60;

/** Renders a status for people: a block a subject, what is wrong first in colour. */
export function renderStatus(status: Status, look: StatusLook): string {
  const paint: Paint = (colour, text) => (look.colours ? styleText(colour, text, { validateStream: false }) : text);
  const context = { paint, ...look };
  return [
    ...describeServer(status, context),
    ...describeReadiness(status, context),
    ...describeServers(status),
    ...status.tenants.flatMap((tenant, index) => describeTenant(tenant, { ...context, isFirst: index === 0 })),
    ...describeMounts(status.mounts, context),
    ...describeUploads(status),
    ...describeShares(status),
    ...describeFeeds(status.feeds, context),
    ...describeProcess(status, context),
    '',
    ...describeRequests(status.requests, context),
  ].join('\n');
}

interface Context extends StatusLook {
  readonly paint: Paint;
}

function describeServer(
  { version, pid, since, url, config, logLevel, node }: Status,
  { now, paint }: Context,
): string[] {
  const level = logLevel.until === undefined ? '' : `  log level ${logLevel.level} until ${logLevel.until}`;
  const file = config.file === undefined ? 'no file' : printable(config.file);
  return [
    `${paint('bold', `onedrive-webdav ${version}`)}  ${url}`,
    row('up', `${formatTime(secondsSince(since, now))}  since ${since}, process ${pid}, Node.js ${node}${level}`),
    row('config', `${file}, loaded ${formatTime(secondsSince(config.loaded, now))} ago`),
  ];
}

/** Nothing where the state is this server's alone. */
function describeServers({ servers }: Status): string[] {
  const names = servers.map(({ name, isSelf }) => `${printable(name)}${isSelf ? ' (this one)' : ''}`);
  return names.length === 0 ? [] : [row('servers', names.join(', '))];
}

function describeReadiness({ readiness }: Status, { paint, now }: Context): string[] {
  const { ready, detail, parts = [] } = readiness;
  const wrong = parts.filter(({ ok }) => !ok);
  return [
    row(
      'ready',
      paint(ready ? (wrong.length === 0 ? 'green' : 'yellow') : 'red', `${ready ? 'yes' : 'no'}: ${detail}`),
    ),
    ...wrong.map(({ part, tenant, reason, since }) => {
      const where = tenant === undefined ? part : `${part} of ${tenant}`;
      const long = since === undefined ? '' : ` (for ${formatTime(secondsSince(since, now))})`;
      return row('', paint('red', `${where}: ${printable(reason ?? 'not well')}${long}`));
    }),
  ];
}

function describeTenant(
  { name, tenantId, cloud, credential, credentialEnds, tokenSince, quietSeconds }: TenantStatus,
  { paint, now, isFirst }: Context & { readonly isFirst: boolean },
): string[] {
  const ends = credentialEnds === undefined ? undefined : new Date(credentialEnds);
  const isNear = ends !== undefined && daysUntil(ends, now) < WARN_DAYS;
  const end = ends === undefined ? '' : ` ${isNear ? paint('red', `ends ${dayOf(ends)}`) : `until ${dayOf(ends)}`}`;
  const token = tokenSince === undefined ? '' : `, token ${formatTime(secondsSince(tokenSince, now))} old`;
  const quiet = quietSeconds === 0 ? '' : `, ${paint('yellow', `Microsoft asks for silence for ${quietSeconds} s`)}`;
  const id = name === 'default' ? tenantId : `${name} (${tenantId})`;
  return [row(isFirst ? 'tenants' : '', `${id}, ${cloud}: ${credential}${end}${token}${quiet}`)];
}

function describeMounts(
  { all, discovered, complete, byState, failing }: MountsStatus,
  { paint, now }: Context,
): string[] {
  const found = discovered === 0 ? '' : `, ${discovered} of them found by rules`;
  const failed = byState.failing === 0 ? [] : [paint('red', `${byState.failing} cannot be opened`)];
  const counts = [`${byState.open} in use`, `${byState.unused} not used yet`, ...failed].join(', ');
  const rest = failing.length - MAX_MOUNTS;
  return [
    row('mounts', `${all}${found}: ${counts}${complete ? '' : paint('yellow', '; rules are still being applied')}`),
    ...failing
      .slice(0, MAX_MOUNTS)
      .map(({ name, cause, since }) =>
        row('', `${paint('red', printable(name))}  ${printable(cause)} (for ${formatTime(secondsSince(since, now))})`),
      ),
    ...(rest > 0 ? [row('', `and ${rest} more: status --json lists all`)] : []),
  ];
}

function describeUploads({ uploadSessions }: Status): string[] {
  const active = uploadSessions.reduce((sum, each) => sum + each.active, 0);
  const left = uploadSessions.reduce((sum, each) => sum + each.left, 0);
  return [row('uploads', `${active} sessions open${left === 0 ? '' : `, ${left} left behind and being cancelled`}`)];
}

/** Many servers have none. */
function describeShares({ shares }: Status): string[] {
  return shares.length === 0 ? [] : [row('shares', `${shares.length} open: shares lists them`)];
}

function describeFeeds(feeds: readonly FeedStatus[], { paint }: Context): string[] {
  const read = feeds.flatMap(({ ageSeconds }) => ageSeconds ?? []);
  const oldest = read.length === 0 ? '' : `, the oldest look ${formatTime(Math.max(...read))} ago`;
  const failing = feeds.filter(({ failures }) => failures > 0);
  const named = failing.slice(0, MAX_MOUNTS).map(({ mounts, driveId }) => printable(mounts.join(', ') || driveId));
  const behind = read.filter(age => age > BEHIND_SECONDS).length;
  return [
    row('changes', `${feeds.length} drives followed${oldest}${behind === 0 ? '' : `, ${behind} drives idle`}`),
    ...(named.length === 0 ? [] : [row('', paint('yellow', `cannot be followed now: ${named.join('; ')}`))]),
  ];
}

function describeProcess({ process: { memory, eventLoop, cpuSeconds } }: Status, { paint }: Context): string[] {
  const { delayP50Ms, delayMaxMs, utilization } = eventLoop;
  const delay = `${delayP50Ms} ms, at most ${delayMaxMs} ms`;
  const heap = `heap ${formatBytes(memory.heapUsed)} of ${formatBytes(memory.heapTotal)}`;
  return [
    row('memory', `${formatBytes(memory.rss)}, ${heap}, buffers ${formatBytes(memory.external)}`),
    row('loop', `delay ${delayMaxMs >= 200 ? paint('red', delay) : delay}, ${Math.round(utilization * 100)} % busy`),
    row('cpu', `${formatTime(cpuSeconds)} in all`),
  ];
}

function describeRequests(requests: readonly RequestStatus[], { columns, paint }: Context): string[] {
  if (requests.length === 0) {
    return ['no requests under way'];
  }
  const shown = requests.slice(0, MAX_REQUESTS);
  const rest = requests.length - shown.length;
  const cells = shown.map(({ method, path, user, seconds, bytes }) => [
    method,
    formatTime(seconds),
    formatBytes(bytes.read),
    formatBytes(bytes.written),
    printable(user ?? '-'),
    printable(decode(path)),
  ]);
  const head = ['METHOD', 'TIME', 'RECEIVED', 'SENT', 'USER', 'PATH'];
  const widths = head.map((name, column) => Math.max(name.length, ...cells.map(each => each[column]!.length)));
  const line = (each: readonly string[]) =>
    cut(
      each.map((cell, column) => (column === head.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  '),
      columns,
    );
  return [
    `${requests.length} ${requests.length === 1 ? 'request' : 'requests'} under way`,
    paint('dim', line(head)),
    ...cells.map(line),
    ...(rest > 0 ? [`and ${rest} more: status --json lists all`] : []),
  ];
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${text}`;
}

/** Clients percent-encode; what they encode wrongly is shown as it came. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}
