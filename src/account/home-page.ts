import { type Html, html } from '../lib/html.ts';
import type { DevicePassword } from '../state/device-password-store.ts';
import type { AccountWords } from '../words/languages/account/en.ts';
import { nameIn } from '../words/name.ts';
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
  const { parts, home, signedIn, words } = visit;
  const { person, devicePasswords: max } = signedIn.admitted;
  const passwords = await parts.passwords.list(person.userId);
  const now = parts.clock.now();
  const left = max - passwords.filter(each => !isOver(each, now)).length;
  return {
    ...(again.status === undefined ? {} : { status: again.status }),
    title: words.devices,
    header: renderHeader(visit),
    body: html`<p><a class="button first" href="${home}/connect">${words.connect}</a></p>
<h2 id="passwords">${words.passwords}</h2>
<p>${words.each(html`<b translate="no">${person.principal}</b>`)}</p>
${passwords.length === 0 ? html`<p class="quiet">${words.noneYet}</p>` : renderList(visit, passwords)}
<h2>${words.make}</h2>
${
  left > 0
    ? passwordForm(visit, {
        purpose: 'make',
        action: '/passwords',
        button: words.make,
        fields: again.fields ?? EMPTY,
        problem: again.problem,
      })
    : html`<p class="notice">${words.enough(max)}</p>`
}
<h2>${words.lost}</h2>
<p>${words.lostWhat}</p>
<form method="post" action="${home}/revoke-all">${tokenField(visit, 'revoke-all')}<button class="bad">${words.revokeAll}</button></form>`,
  };
}

export function isOver({ expires }: DevicePassword, now: number): boolean {
  return expires !== undefined && expires <= now;
}

function renderList(visit: OwnVisit, passwords: readonly DevicePassword[]): Html {
  const { parts, words } = visit;
  const now = parts.clock.now();
  return html`<ul class="list" aria-labelledby="passwords">
${passwords.map(
  password => html`<li><div><h3><bdi>${password.name}</bdi></h3>
<p class="quiet">${describe(password, now, words)}</p>
<p class="quiet">${lastUse(password, words)}</p></div>
<form method="post" action="${visit.home}/revoke">${tokenField(visit, 'revoke')}<input type="hidden" name="id" value="${password.id}"><button class="bad" aria-label="${words.revokeOne(password.name)}">${words.revoke}</button></form></li>
`,
)}</ul>`;
}

function describe(password: DevicePassword, now: number, words: AccountWords): Html {
  const { created, expires, readOnly, below } = password;
  const facts = [
    words.made(time(created)),
    ...(expires === undefined ? [] : [isOver(password, now) ? words.ended(time(expires)) : words.ends(time(expires))]),
    ...(readOnly ? [words.readOnly] : []),
    ...(below === undefined ? [] : [words.only(html`<bdi>${below.join('/')}</bdi>`)]),
  ];
  return html`${facts.map((fact, index) => html`${index === 0 ? '' : ' · '}${fact}`)}`;
}

function lastUse({ lastUse: use }: DevicePassword, words: AccountWords): Html {
  if (use === undefined) {
    return html`${words.unused}`;
  }
  const program = use.client === '' ? html`${words.unnamed}` : nameIn(use.client);
  return words.lastUsed(time(use.at), use.address, program);
}

function time(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso.slice(0, 19)}Z">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`;
}
