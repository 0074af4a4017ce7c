import { type Exchange, now, type Reply } from './exchange.ts';
import { describeRefusal, type Refusal, type RefusalDetails } from './token-refusal.ts';

/**
 * An error that is shown, not sent back: the redirect address may not be trusted, or the application cannot help.
 */
export function loginErrorReply(exchange: Exchange, refusal: Refusal): Reply {
  const details = describeRefusal(refusal, now(exchange), exchange.world.settings.ids);
  return { status: refusal.status, html: errorPage(details) };
}

function errorPage({ description, trace, correlation, timestamp }: RefusalDetails): string {
  return loginPage(
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
  .people { text-align: left }
  .people button { display: block; width: 100%; margin: 0; padding: .7rem; text-align: left; background: #fff; border-color: #dfe3ea }
  .people button + button { margin: 0; border-top: 0 }
  .people button:hover, .people button:focus { background: #eef2f8 }
  .people small { display: block; color: #555b66 }
  label { display: block; text-align: left }
  input { box-sizing: border-box; width: 100%; margin: .3rem 0 .8rem; padding: .5rem; font: inherit; border: 1px solid #767d8a }
  .number { font-size: 2rem; font-weight: 600; text-align: center }
  button { min-width: 6.5rem; padding: .5rem 1rem; font: inherit; background: #e4e7ed; border: 1px solid #e4e7ed; cursor: pointer }
  button + button { margin-left: .4rem }
  .first { background: #0b5cad; border-color: #0b5cad; color: #fff }
  footer { max-width: 30rem; margin: 0 auto; color: #555b66; font-size: .8rem; text-align: center }`;

/** A page of the login host; `body` is markup, `title` is not. */
export function loginPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <link rel="icon" href="data:,">
    <title>${escapeHtml(title)}</title>
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

/** Escapes a text for HTML, between tags and in attributes with double quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
