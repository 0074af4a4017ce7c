import type { ServerResponse } from 'node:http';
import { type Html, html, trusted } from '../lib/html.ts';
import { FOLDER_STYLE_HASH, renderPlainDocument } from '../webdav/folder-page/plain-document.ts';
import { type Language, languageHeaders, wordsIn } from '../words/words.ts';

export interface PasswordPage {
  readonly status: number;
  readonly language: Language;
  /** Why it is shown again. */
  readonly problem?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * It has no script and loads nothing. `form-action` is left out: browsers hold redirects after a form to it (CSP Level 3
 * §6.4.2), and a shared file may be redirected to OneDrive. No text of the page is anybody else's.
 */
const POLICY = [
  ...["default-src 'none'", `style-src '${FOLDER_STYLE_HASH}'`],
  ...["base-uri 'none'", "frame-ancestors 'none'"],
].join('; ');

/** Sends the page that asks for the password of a share alone. It tells nothing of the share. */
export function sendPasswordPage(response: ServerResponse, { status, language, problem, headers }: PasswordPage): void {
  const body = String(renderPasswordPage({ language, problem }));
  response.writeHead(status, {
    ...headers,
    ...languageHeaders(language),
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy': POLICY,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** The form has no action: it goes to the address that the person has opened, to which they come back. */
function renderPasswordPage({ language, problem }: Pick<PasswordPage, 'language' | 'problem'>): Html {
  const words = wordsIn(language).password;
  const told = problem === undefined ? undefined : html`<p id="problem" role="alert">${problem}</p>\n`;
  const wrong = problem === undefined ? undefined : trusted(' aria-invalid="true" aria-describedby="problem"');
  return renderPlainDocument({
    language,
    title: words.title,
    header: html`<h1>${words.title}</h1>\n`,
    main: html`<p>${words.hint}</p>
<form method="post">
<label for="password">${words.label}</label>
<input id="password" type="password" name="password" autocomplete="current-password" required autofocus${wrong}>
<button>${words.open}</button>
</form>
${told}`,
  });
}
