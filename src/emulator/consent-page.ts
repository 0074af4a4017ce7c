import type { ConsentRequest } from './consent.ts';
import { escapeHtml, loginPage } from './login-page.ts';
import { permissionName, scopeName } from './permissions.ts';

/** Renders the page for an administrator; its form posts to the same address. */
export function consentPage({ tenant, application }: ConsentRequest, ticket: string): string {
  const roles = application.requiredRoles.map(role => [permissionName(role), role] as const);
  const scopes = application.requiredScopes.map(scope => [scopeName(scope), scope] as const);
  const permissions = [...roles, ...scopes].map(
    ([name, value]) => `<li><b>${escapeHtml(name)}</b><span>${escapeHtml(value)}</span></li>`,
  );
  return loginPage(
    'Permissions requested',
    `<p class="who">admin@${escapeHtml(tenant.domain)}</p>
      <h1>Permissions requested</h1>
      <h2>Review for your organization</h2>
      <p class="application">${escapeHtml(application.displayName)}</p>
      <p class="small">Application ${escapeHtml(application.clientId)}</p>
      <p>This application would like to:</p>
      <ul>${permissions.join('')}</ul>
      <p>If you accept, it gets these permissions for all of <b>${escapeHtml(tenant.displayName)}</b>, without a user who is signed in.
        Nobody else will be asked to review them.</p>
      <form method="post">
        <input type="hidden" name="ticket" value="${escapeHtml(ticket)}">
        <button name="decision" value="cancel">Cancel</button>
        <button name="decision" value="accept" class="first">Accept</button>
      </form>`,
  );
}

/** Renders the refusal for a user who may not consent. `back`: the application's address with the error. */
export function needsAdministratorPage(
  { tenant, application }: ConsentRequest,
  { text, back }: { text: string; back: string },
): string {
  return loginPage(
    'Need admin approval',
    `<p class="who">user@${escapeHtml(tenant.domain)}</p>
      <h1>Need admin approval</h1>
      <p class="application">${escapeHtml(application.displayName)}</p>
      <p>${escapeHtml(text)}</p>
      <p><a href="${escapeHtml(back)}">Return to the application without granting consent</a></p>`,
  );
}
