import { makeDevicePassword } from '../auth/device-password.ts';
import { html } from '../lib/html.ts';
import type { AccountWords } from '../words/languages/account/en.ts';
import { isolated, nameIn } from '../words/name.ts';
import { renderCopied } from './copied.ts';
import { renderHeader } from './header.ts';
import { homePage } from './home-page.ts';
import { plainPage } from './messages.ts';
import { type Page, sendPage, sendTo } from './page.ts';
import { fieldsOf, type PasswordWish, readWish } from './password-form.ts';
import { showSignedOut } from './sign-in.ts';
import type { FormVisit } from './visit.ts';

/** Makes a password, and shows it: in the answer to the form only. */
export async function makePassword(visit: FormVisit): Promise<void> {
  const { response } = visit;
  const fields = fieldsOf(visit.fields);
  const wish = readWish(fields, visit.parts.clock.now(), visit.words);
  if (typeof wish === 'string') {
    sendPage(response, await homePage(visit, { status: 400, fields, problem: wish }));
    return;
  }
  const made = await addPassword(visit, wish);
  sendPage(response, typeof made === 'string' ? madePage(visit, wish, made) : made.refusal);
}

/** Adds a password to the store. Returns its text, which nothing keeps; or the page that says why there is none. */
export async function addPassword(visit: FormVisit, wish: PasswordWish): Promise<string | { readonly refusal: Page }> {
  const { parts, signedIn, formId, home, words } = visit;
  const { person, devicePasswords: max } = signedIn.admitted;
  if (await isMade(visit)) {
    return { refusal: again(home, words) };
  }
  const { password, digest } = makeDevicePassword();
  const { tenantId, userId, principal } = person;
  const now = parts.clock.now();
  const record = { id: formId, tenantId, userId, principal, digest, created: now, ...wish, lastUse: undefined };
  try {
    if (!(await parts.passwords.add(record, { max, now }))) {
      return { refusal: tooMany(max, home, words) };
    }
  } catch (error) {
    // No id is added twice: of two answers to one form, at whichever servers, one makes the password.
    if (await isMade(visit)) {
      return { refusal: again(home, words) };
    }
    throw error;
  }
  audit(visit, 'password-made', { device: wish.name, id: formId });
  return password;
}

/** The id of the form is the password's: a form that is sent again makes no second one. */
async function isMade({ parts, signedIn, formId }: FormVisit): Promise<boolean> {
  const known = await parts.passwords.list(signedIn.admitted.person.userId);
  return known.some(({ id }) => id === formId);
}

export async function revokePassword(visit: FormVisit): Promise<void> {
  const { parts, signedIn, fields, home, response } = visit;
  const { userId } = signedIn.session;
  const id = fields.get('id') ?? '';
  const known = (await parts.passwords.list(userId)).find(password => password.id === id);
  if (known !== undefined && (await parts.passwords.remove(userId, id))) {
    audit(visit, 'password-revoked', { device: known.name, id });
  }
  sendTo(response, `${home}/`);
}

/** Revokes everything that a lost device may hold: all passwords, and all sessions, this one too. */
export async function revokeAll(visit: FormVisit): Promise<void> {
  const { parts, signedIn } = visit;
  const { userId } = signedIn.session;
  const count = await parts.passwords.removeAll(userId);
  audit(visit, 'password-revoked', { device: 'all', count: String(count) });
  await parts.sessions.endAll(signedIn.session);
  audit(visit, 'signed-out', { sessions: 'all' });
  await showSignedOut(visit);
}

function madePage(visit: FormVisit, wish: PasswordWish, password: string): Page {
  const { home, place, signedIn, words } = visit;
  return {
    title: words.passwordFor(isolated(wish.name)),
    heading: words.passwordFor(nameIn(wish.name)),
    header: renderHeader(visit),
    body: html`<div class="notice"><p>${words.keepIt}</p></div>
${renderCopied({ id: 'password', text: password, words, label: words.copyPassword, look: 'password' })}
<dl><dt>${words.address}</dt><dd><code translate="no">${place.root}/</code></dd>
<dt>${words.userName}</dt><dd><code translate="no">${signedIn.admitted.person.principal}</code></dd></dl>
<p><a class="button" href="${home}/">${words.done}</a></p>`,
  };
}

function again(home: string, words: AccountWords): Page {
  return plainPage({ status: 409, title: words.madeAlready, message: words.madeAlreadyWhat }, home, words);
}

function tooMany(max: number, home: string, words: AccountWords): Page {
  return plainPage({ status: 409, title: words.tooMany, message: words.tooManyWhat(max) }, home, words);
}

function audit(
  { parts, signedIn, address, request }: FormVisit,
  event: 'password-made' | 'password-revoked' | 'signed-out',
  detail: Record<string, string>,
): void {
  const client = request.headers['user-agent'];
  parts.audit({ event, user: signedIn.admitted.user.name, address, detail: { client, ...detail } });
}
