import { escapeHtml, loginPage } from './login-page.ts';
import { scopeName } from './permissions.ts';
import type { SignInRequest } from './sign-in.ts';
import { signInName } from './site.ts';
import type { Person } from './tenant.ts';

/** The maximum number of listed people; the others can be typed. */
const MAX_LISTED = 50;

/** The target of a page's form, and its ticket. */
export interface PageForm {
  readonly action: string;
  readonly ticket: string;
}

/** Renders the choice of people, and a field for others. `error`: the message about the last input. */
export function personPage(request: SignInRequest, form: PageForm, error?: string): string {
  const listed = listedPeople(request);
  const typed = listed.length === 0 ? (request.loginHint ?? '') : '';
  return loginPage(
    'Sign in to your account',
    `<h1>${listed.length === 1 && request.loginHint !== null ? 'Sign in' : 'Pick an account'}</h1>
      <h2>to continue to ${escapeHtml(request.application.displayName)}</h2>
      ${error === undefined ? '' : `<p class="error">${escapeHtml(error)}</p>`}
      <form method="post" action="${escapeHtml(form.action)}" class="people">
        ${hiddenTicket(form)}
        ${listed.map(personButton).join('')}
      </form>
      <form method="post" action="${escapeHtml(form.action)}">
        ${hiddenTicket(form)}
        <label>Use another account
          <input name="login" type="email" autocomplete="username" required value="${escapeHtml(typed)}">
        </label>
        <button name="decision" value="cancel" formnovalidate>Cancel</button>
        <button name="decision" value="next" class="first">Next</button>
      </form>`,
  );
}

/** Renders the second factor: the number must be read and typed, as with an authenticator application. */
export function mfaPage(
  { user }: Person,
  form: PageForm,
  { number, wrong }: { number: string; wrong: boolean },
): string {
  return loginPage(
    'Approve sign in request',
    `<p class="who">${escapeHtml(signInName(user))}</p>
      <h1>Approve sign in request</h1>
      ${wrong ? '<p class="error">That is not the number.</p>' : ''}
      <p>Enter the number that is shown to confirm that it is you.</p>
      <p class="number">${escapeHtml(number)}</p>
      <form method="post" action="${escapeHtml(form.action)}">
        ${hiddenTicket(form)}
        <label>Number
          <input name="number" inputmode="numeric" autocomplete="one-time-code" required>
        </label>
        <button name="decision" value="cancel" formnovalidate>Cancel</button>
        <button name="decision" value="confirm" class="first">Confirm</button>
      </form>`,
  );
}

/** Renders the application's request for consent. */
export function userConsentPage(
  request: SignInRequest,
  { user }: Person,
  form: PageForm & { scopes: readonly string[] },
): string {
  const { application } = request;
  const scopes = form.scopes.map(
    scope => `<li><b>${escapeHtml(scopeName(scope))}</b><span>${escapeHtml(scope)}</span></li>`,
  );
  return loginPage(
    'Permissions requested',
    `<p class="who">${escapeHtml(signInName(user))}</p>
      <h1>Permissions requested</h1>
      <p class="application">${escapeHtml(application.displayName)}</p>
      <p class="small">Application ${escapeHtml(application.clientId)}</p>
      <p>This application would like to:</p>
      <ul>${scopes.join('')}</ul>
      <form method="post" action="${escapeHtml(form.action)}">
        ${hiddenTicket(form)}
        <button name="decision" value="cancel">Cancel</button>
        <button name="decision" value="accept" class="first">Accept</button>
      </form>`,
  );
}

export function signedOutPage(): string {
  return loginPage('Sign out', '<h1>You signed out of your account</h1><p>It is a good idea to close all windows.</p>');
}

/** Returns the person of the hint, or everybody, unless there are too many. */
function listedPeople({ tenants, loginHint }: SignInRequest): Person[] {
  const hinted = tenants.flatMap(tenant => {
    const user = loginHint === null ? undefined : tenant.findPerson(loginHint);
    return user === undefined ? [] : [{ tenant, user }];
  });
  const all = tenants.flatMap(tenant => tenant.users.map(user => ({ tenant, user })));
  return loginHint === null ? all.slice(0, MAX_LISTED) : hinted;
}

function personButton({ tenant, user }: Person): string {
  return `<button name="person" value="${escapeHtml(`${tenant.id}/${user.id}`)}">${escapeHtml(user.displayName)}<small>${escapeHtml(signInName(user))}</small></button>`;
}

function hiddenTicket({ ticket }: PageForm): string {
  return `<input type="hidden" name="ticket" value="${escapeHtml(ticket)}">`;
}
