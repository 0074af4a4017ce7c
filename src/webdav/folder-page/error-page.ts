import { type Html, html } from '../../lib/html.ts';
import { type Language, wordsIn } from '../../words/words.ts';
import { PLAIN_POLICY } from './folder-style.ts';
import { renderPlainDocument } from './plain-document.ts';

/** Nothing but the page's own style, whatever a name holds. */
export const ERROR_PAGE_HEADERS = {
  'Content-Security-Policy': PLAIN_POLICY,
  'Referrer-Policy': 'no-referrer',
};

export interface ErrorPage {
  readonly status: number;
  /** In the language of the page. */
  readonly message: Html;
  readonly language: Language;
  /** Seconds after which it may be tried again. */
  readonly retryAfter: string | undefined;
  /** The ways back: what each is called, and its URL. */
  readonly ways: readonly { readonly label: string; readonly href: string }[];
}

/** Renders the page of an address that cannot be shown, with ways back. It has no scripts and loads nothing. */
export function renderErrorPage({ status, message, language, retryAfter, ways }: ErrorPage): string {
  const words = wordsIn(language).error;
  const title = words.titles[status] ?? (status < 500 ? words.wrongAddress : words.failed);
  const links = ways.map(({ label, href }) => html`<li><a href="${href}"><bdi>${label}</bdi></a></li>\n`);
  const page = renderPlainDocument({
    language,
    title,
    header: html`<nav aria-label="${words.waysBack}"><ol translate="no">
${links}</ol></nav>
<h1>${title}</h1>
`,
    main: html`<p>${message}</p>
${retryAfter === undefined ? undefined : html`<p>${words.again(retryAfter)}</p>\n`}`,
  });
  return String(page);
}
