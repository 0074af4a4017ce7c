import type { MountsStatus, SpaceStatus, Status, TenantStatus } from '../control/status.ts';
import { formatBytes } from '../lib/byte-size.ts';
import { dayOf, daysUntil, WARN_DAYS } from '../lib/days.ts';
import { type Html, html } from '../lib/html.ts';
import { age, type Look, orNothing, table, time } from './table.ts';
import type { Words } from './words.ts';

const MAX_MOUNTS = 100;

/** What is wrong, and the few figures that tell whether all is well. */
export function renderSummary(status: Status, { now, words }: Look): Html {
  const { readiness, version, since, url, config, logLevel } = status;
  const wrong = (readiness.parts ?? []).filter(({ ok }) => !ok);
  const [state, word] = !readiness.ready
    ? ['bad', words.states['not-ready']]
    : wrong.length > 0
      ? ['warn', words.states.degraded]
      : ['good', words.states.ready];
  const level = logLevel.until === undefined ? '' : `, ${words.logLevel(logLevel.level, logLevel.until)}`;
  return html`<div class="top"><h1>${words.title}</h1><span class="state ${state}" role="status">${word}</span>
<span class="quiet">${readiness.ready && wrong.length === 0 ? '' : readiness.detail}</span></div>
<p class="quiet">${words.upSince(version, url, age(since, now))}; ${words.configuration} ${
    config.file === undefined ? '' : html`<code>${config.file}</code> `
  }${words.readAgo(age(config.loaded, now))}${level}</p>
${wrong.map(
  ({ part, tenant, reason, since: from }) =>
    html`<p class="bad"><b>${tenant === undefined ? part : words.partOf(part, tenant)}</b>: ${reason ?? words.notWell}${
      from === undefined ? '' : ` (${words.forAge(age(from, now))})`
    }</p>
`,
)}${renderFigures(status, words)}`;
}

function renderFigures({ mounts, requests, uploadSessions, space, process }: Status, words: Words): Html {
  const used = space.reduce((sum, each) => sum + each.used, 0);
  const free = space.reduce((sum, { available = 0 }) => sum + available, 0);
  const active = uploadSessions.reduce((sum, each) => sum + each.active, 0);
  const left = uploadSessions.reduce((sum, each) => sum + each.left, 0);
  const { memory, eventLoop } = process;
  const figures: readonly [title: string, figure: string | number, note: string][] = [
    [words.requestsNow, requests.length, ''],
    [words.uploadSessions, active, left === 0 ? '' : words.leftBehind(left)],
    [words.mounts, mounts.all, words.mountsNote(mounts.byState.open, mounts.byState.failing)],
    [words.used, formatBytes(used), words.usedNote(space.length)],
    [words.free, formatBytes(free), words.freeNote],
    [words.memory, formatBytes(memory.rss), words.heap(formatBytes(memory.heapUsed))],
    [words.eventLoop, `${Math.round(eventLoop.utilization * 100)} %`, words.delay(eventLoop.delayMaxMs)],
  ];
  return html`<dl class="figures">${figures.map(
    ([title, figure, note]) => html`<div><dt>${title}</dt><dd>${figure}<small>${note}</small></dd></div>`,
  )}</dl>`;
}

export function renderTenants(tenants: readonly TenantStatus[], look: Look): Html {
  const { now, words } = look;
  const heads = [words.tenant, words.cloud, words.credential, words.ends, words.token, 'Microsoft'];
  return html`<h2>${words.tenants}</h2>
${table(heads, tenants, tenant => [
  html`<span title="${tenant.tenantId}">${tenant.name}</span>`,
  tenant.cloud,
  tenant.credential,
  endOf(tenant, look),
  tenant.tokenSince === undefined ? words.noneYet : words.old(age(tenant.tokenSince, now)),
  tenant.quietSeconds === 0 ? words.accepts : html`<span class="warn">${words.wantsNone(tenant.quietSeconds)}</span>`,
])}`;
}

function endOf({ credentialEnds }: TenantStatus, { now, words }: Look): Html | string {
  if (credentialEnds === undefined) {
    return words.notKnown;
  }
  const ends = new Date(credentialEnds);
  const isNear = daysUntil(ends, now) < WARN_DAYS;
  return isNear ? html`<span class="bad">${words.makeNew(dayOf(ends))}</span>` : dayOf(ends);
}

export function renderMounts({ failing, complete, all, discovered }: MountsStatus, { now, words }: Look): Html {
  const found = discovered === 0 ? '' : words.foundByRules(discovered, all);
  const pending = complete ? undefined : html`<p class="warn">${words.rulesPending}</p>`;
  return html`<h2>${words.failingMounts}<small>${found}</small></h2>
${pending}${orNothing(failing, words.allOpen, () =>
  table([words.mount, words.cause, words.since], failing.slice(0, MAX_MOUNTS), ({ name, cause, since }) => [
    name,
    cause,
    age(since, now),
  ]),
)}`;
}

export function renderSpace(space: readonly SpaceStatus[], { now, words }: Look): Html {
  const fullest = space.toSorted((one, other) => shareOf(other) - shareOf(one)).slice(0, MAX_MOUNTS);
  return html`<h2>${words.space}<small>${words.spaceNote}</small></h2>
${orNothing(space, words.noSpace, () =>
  table([words.mount, words.used, words.share, words.free, words.asked], fullest, each => [
    each.mount,
    formatBytes(each.used),
    each.available === undefined
      ? ''
      : html`<meter min="0" max="100" high="90" value="${Math.round(shareOf(each) * 100)}" aria-label="${words.used}">${Math.round(shareOf(each) * 100)} %</meter>`,
    each.available === undefined ? words.notTold : formatBytes(each.available),
    words.ago(age(each.at, now)),
  ]),
)}`;
}

function shareOf({ used, available }: SpaceStatus): number {
  return available === undefined || used + available === 0 ? 0 : used / (used + available);
}

export function renderProblems({ problems }: Pick<Status, 'problems'>, { words }: Look): Html {
  return html`<h2>${words.problems}</h2>
${orNothing(problems, words.noProblems, () =>
  table([words.when, words.what, words.cause, words.request], problems, each => [
    time(each.at),
    html`<span class="${each.level === 'warn' ? 'warn' : 'bad'}">${each.message}</span>${
      each.count === 1 ? '' : ` ${words.times(each.count)}`
    }`,
    each.cause,
    each.request === undefined ? '' : html`<code>${each.request}</code>`,
  ]),
)}`;
}
