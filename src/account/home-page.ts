import { type Html, html } from '../lib/html.ts';
import type { DevicePassword } from '../state/device-password-store.ts';
import { renderHeader, tokenField } from './header.ts';
import type { Page } from './page.ts';
import { type PasswordFields, passwordForm } from './password-form.ts';
import type { OwnVisit } from './visit.ts';

const EMPTY: PasswordFields = { name: '', expires: '', readOnly: false, folder: '' };

/** The first page of a person: how to connect, their device passwords, a form for another one. */
export async function homePage(
  visit: OwnVisit,
  again: { status?: number; fields?: PasswordFields; problem?: string } = {},
): Promise<Page> {
  const { parts, home, signedIn } = visit;
  const { person, devicePasswords: max } = signedIn.admitted;
  const passwords = await parts.passwords.list(person.userId);
  const now = parts.clock.now();
  const left = max - passwords.filter(each => !isOver(each, now)).length;
  return {
    ...(again.status === undefined ? {} : { status: again.status }),
    title: 'Your devices',
    header: renderHeader(visit),
    body: html`<p><a class="button first" href="${home}/connect">Connect this device</a></p>
<h2 id="passwords">Device passwords</h2>
<p>Each device and program has a password of its own, so that you can revoke one without the others. Your user name is <b translate="no">${person.principal}</b>.</p>
${passwords.length === 0 ? html`<p class="quiet">There are none yet.</p>` : renderList(visit, passwords)}
<h2>Make a password</h2>
${
  left > 0
    ? passwordForm(visit, {
        purpose: 'make',
        action: '/passwords',
        button: 'Make a password',
        fields: again.fields ?? EMPTY,
        problem: again.problem,
      })
    : html`<p class="notice">You have ${max} passwords, and may not have more. Revoke one that you no longer use.</p>`
}
<h2>Lost a device?</h2>
<p>This revokes all your device passwords, and signs you out in all browsers.</p>
<form method="post" action="${home}/revoke-all">${tokenField(visit, 'revoke-all')}<button class="bad">Revoke all, and sign out everywhere</button></form>`,
  };
}

export function isOver({ expires }: DevicePassword, now: number): boolean {
  return expires !== undefined && expires <= now;
}

function renderList(visit: OwnVisit, passwords: readonly DevicePassword[]): Html {
  const now = visit.parts.clock.now();
  return html`<ul class="list" aria-labelledby="passwords">
${passwords.map(
  password => html`<li><div><h3>${password.name}</h3>
<p class="quiet">${describe(password, now)}</p>
<p class="quiet">${lastUse(password)}</p></div>
<form method="post" action="${visit.home}/revoke">${tokenField(visit, 'revoke')}<input type="hidden" name="id" value="${password.id}"><button class="bad" aria-label="Revoke ${password.name}">Revoke</button></form></li>
`,
)}</ul>`;
}

function describe(password: DevicePassword, now: number): Html {
  const { created, expires, readOnly, below } = password;
  return html`Made ${time(created)}${
    expires === undefined ? undefined : html` · ${isOver(password, now) ? 'ended' : 'ends'} ${time(expires)}`
  }${readOnly ? ' · read only' : ''}${below === undefined ? '' : ` · only ${below.join('/')}`}`;
}

function lastUse({ lastUse: use }: DevicePassword): Html {
  return use === undefined
    ? html`Not used yet`
    : html`Last used ${time(use.at)} from ${use.address} by <span translate="no">${use.client === '' ? 'an unnamed program' : use.client}</span>`;
}

function time(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso.slice(0, 19)}Z">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`;
}
