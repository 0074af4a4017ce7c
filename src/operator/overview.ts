import type { MountsStatus, SpaceStatus, Status, TenantStatus } from '../control/status.ts';
import { formatBytes } from '../lib/byte-size.ts';
import { dayOf, daysUntil, WARN_DAYS } from '../lib/days.ts';
import { type Html, html } from '../lib/html.ts';
import { age, orNothing, table, time } from './table.ts';

const MAX_MOUNTS = 100;

/** What is wrong, and the few figures that tell whether all is well. */
export function renderSummary(status: Status, now: number): Html {
  const { readiness, version, since, url, config, logLevel } = status;
  const wrong = (readiness.parts ?? []).filter(({ ok }) => !ok);
  const [state, word] = !readiness.ready
    ? ['bad', 'Not ready']
    : wrong.length > 0
      ? ['warn', 'Degraded']
      : ['good', 'Ready'];
  const level = logLevel.until === undefined ? '' : `, log level ${logLevel.level} until ${logLevel.until}`;
  return html`<div class="top"><h1>Server status</h1><span class="state ${state}" role="status">${word}</span>
<span class="quiet">${readiness.ready && wrong.length === 0 ? '' : readiness.detail}</span></div>
<p class="quiet">onedrive-webdav ${version} at ${url}, up ${age(since, now)}; configuration ${
    config.file === undefined ? '' : html`<code>${config.file}</code> `
  }read ${age(config.loaded, now)} ago${level}</p>
${wrong.map(
  ({ part, tenant, reason, since: from }) =>
    html`<p class="bad"><b>${part}${tenant === undefined ? '' : ` of ${tenant}`}</b>: ${reason ?? 'not well'}${
      from === undefined ? '' : ` (for ${age(from, now)})`
    }</p>
`,
)}${renderFigures(status)}`;
}

function renderFigures({ mounts, requests, uploadSessions, space, process }: Status): Html {
  const used = space.reduce((sum, each) => sum + each.used, 0);
  const free = space.reduce((sum, { available = 0 }) => sum + available, 0);
  const active = uploadSessions.reduce((sum, each) => sum + each.active, 0);
  const left = uploadSessions.reduce((sum, each) => sum + each.left, 0);
  const figures: readonly [title: string, figure: string | number, note: string][] = [
    ['Requests now', requests.length, ''],
    ['Upload sessions', active, left === 0 ? '' : `${left} left behind, being cancelled`],
    ['Mounts', mounts.all, `${mounts.byState.open} in use, ${mounts.byState.failing} failing`],
    ['Used', formatBytes(used), `in ${space.length} drives in use`],
    ['Free', formatBytes(free), 'in the same drives'],
    ['Memory', formatBytes(process.memory.rss), `heap ${formatBytes(process.memory.heapUsed)}`],
    ['Event loop', `${Math.round(process.eventLoop.utilization * 100)} %`, `delay ${process.eventLoop.delayMaxMs} ms`],
  ];
  return html`<dl class="figures">${figures.map(
    ([title, figure, note]) => html`<div><dt>${title}</dt><dd>${figure}<small>${note}</small></dd></div>`,
  )}</dl>`;
}

export function renderTenants(tenants: readonly TenantStatus[], now: number): Html {
  return html`<h2>Tenants</h2>
${table(['Tenant', 'Cloud', 'Credential', 'Ends', 'Token', 'Microsoft'], tenants, tenant => [
  html`<span title="${tenant.tenantId}">${tenant.name}</span>`,
  tenant.cloud,
  tenant.credential,
  endOf(tenant, now),
  tenant.tokenSince === undefined ? 'none yet' : `${age(tenant.tokenSince, now)} old`,
  tenant.quietSeconds === 0
    ? 'accepts requests'
    : html`<span class="warn">wants none for ${tenant.quietSeconds} s</span>`,
])}`;
}

function endOf({ credentialEnds }: TenantStatus, now: number): Html | string {
  if (credentialEnds === undefined) {
    return 'not known';
  }
  const ends = new Date(credentialEnds);
  const isNear = daysUntil(ends, now) < WARN_DAYS;
  return isNear ? html`<span class="bad">${dayOf(ends)}: make a new one</span>` : dayOf(ends);
}

export function renderMounts({ failing, complete, all, discovered }: MountsStatus, now: number): Html {
  const found = discovered === 0 ? '' : `${discovered} of ${all} found by rules`;
  const pending = complete ? undefined : html`<p class="warn">Rules are still being applied.</p>`;
  return html`<h2>Mounts that cannot be opened<small>${found}</small></h2>
${pending}${orNothing(failing, 'All drives that were asked for can be opened.', () =>
  table(['Mount', 'Cause', 'For'], failing.slice(0, MAX_MOUNTS), ({ name, cause, since }) => [
    name,
    cause,
    age(since, now),
  ]),
)}`;
}

export function renderSpace(space: readonly SpaceStatus[], now: number): Html {
  const fullest = space.toSorted((one, other) => shareOf(other) - shareOf(one)).slice(0, MAX_MOUNTS);
  return html`<h2>Space<small>of drives in use, the fullest first</small></h2>
${orNothing(space, 'Nothing is known yet: a drive is asked when somebody uses it.', () =>
  table(['Mount', 'Used', 'Share', 'Free', 'Asked'], fullest, each => [
    each.mount,
    formatBytes(each.used),
    each.available === undefined
      ? ''
      : html`<meter min="0" max="100" high="90" value="${Math.round(shareOf(each) * 100)}" aria-label="used">${Math.round(shareOf(each) * 100)} %</meter>`,
    each.available === undefined ? 'not told' : formatBytes(each.available),
    `${age(each.at, now)} ago`,
  ]),
)}`;
}

function shareOf({ used, available }: SpaceStatus): number {
  return available === undefined || used + available === 0 ? 0 : used / (used + available);
}

export function renderProblems({ problems }: Pick<Status, 'problems'>): Html {
  return html`<h2>Last warnings and errors</h2>
${orNothing(problems, 'None since the start.', () =>
  table(['When', 'What', 'Cause', 'Request'], problems, ({ at, level, message, cause, request, count }) => [
    time(at),
    html`<span class="${level === 'warn' ? 'warn' : 'bad'}">${message}</span>${count === 1 ? '' : ` (${count} times)`}`,
    cause,
    request === undefined ? '' : html`<code>${request}</code>`,
  ]),
)}`;
}
