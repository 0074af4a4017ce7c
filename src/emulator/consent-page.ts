import type { ConsentRequest } from './consent.ts';
import { permissionName } from './permissions.ts';
import type { RefusalDetails } from './token-refusal.ts';

/** The page that asks an administrator; its form goes back to the same address. */
export function consentPage({ tenant, application }: ConsentRequest, ticket: string): string {
  const permissions = application.requiredRoles.map(
    role => `<li><b>${escapeHtml(permissionName(role))}</b><span>${escapeHtml(role)}</span></li>`,
  );
  return page(
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

/** Who is signed in may not consent. `back`: the address of the application, with the error. */
export function needsAdministratorPage(
  { tenant, application }: ConsentRequest,
  { text, back }: { text: string; back: string },
): string {
  return page(
    'Need admin approval',
    `<p class="who">user@${escapeHtml(tenant.domain)}</p>
      <h1>Need admin approval</h1>
      <p class="application">${escapeHtml(application.displayName)}</p>
      <p>${escapeHtml(text)}</p>
      <p><a href="${escapeHtml(back)}">Return to the application without granting consent</a></p>`,
  );
}

/** An error that is shown and not sent back: nobody knows whether the address can be trusted. */
export function errorPage({ description, trace, correlation, timestamp }: RefusalDetails): string {
  return page(
    'Sign in',
    `<h1>Sign in</h1>
      <p>Sorry, but we're having trouble signing you in.</p>
      <p class="error">${escapeHtml(description.split('\r\n')[0]!)}</p>
      <p class="small">Trace ID: ${trace}<br>Correlation ID: ${correlation}<br>Timestamp: ${timestamp}</p>`,
  );
}

const STYLE = `
  body { margin: 0; background: #f2f4f8; font: 16px/1.45 system-ui, "Segoe UI", sans-serif; color: #1b1b1f }
  main { box-sizing: border-box; max-width: 30rem; margin: 3rem auto; padding: 2.5rem; background: #fff; border: 1px solid #c9ced9 }
  h1 { margin: 0; font-size: 1.5rem; font-weight: 600 }
  h2 { margin: .1rem 0 1.2rem; font-size: 1rem; font-weight: 400 }
  ul { padding: 0; list-style: none; border-top: 1px solid #dfe3ea }
  li { padding: .6rem 0; border-bottom: 1px solid #dfe3ea }
  li span, .small, .who { display: block; color: #555b66; font-size: .85rem }
  .application { margin: .8rem 0 0; font-size: 1.15rem; font-weight: 600 }
  .small, .who { margin-top: 0 }
  .error { padding: .8rem; background: #fdf1f0; border-left: 4px solid #b3261e; overflow-wrap: anywhere }
  form { margin-top: 1.5rem; text-align: right }
  button { min-width: 6.5rem; padding: .5rem 1rem; font: inherit; background: #e4e7ed; border: 1px solid #e4e7ed; cursor: pointer }
  button + button { margin-left: .4rem }
  .first { background: #0b5cad; border-color: #0b5cad; color: #fff }
  footer { max-width: 30rem; margin: 0 auto; color: #555b66; font-size: .8rem; text-align: center }`;

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <link rel="icon" href="data:,">
    <title>${title}</title>
    <style>${STYLE}
    </style>
  </head>
  <body>
    <main>
      ${body}
    </main>
    <footer>An emulated Microsoft, for tests and demos</footer>
  </body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
