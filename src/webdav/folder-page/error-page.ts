import { escapeXml } from '../xml/xml-writer.ts';
import { FOLDER_STYLE, FOLDER_STYLE_HASH } from './folder-style.ts';

/** Nothing but the page's own style, whatever a name holds. */
export const ERROR_PAGE_HEADERS = {
  'Content-Security-Policy': [
    ...["default-src 'none'", `style-src '${FOLDER_STYLE_HASH}'`],
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
};

/** What a person who opens an address is told, by status; the others by their hundreds. */
const TITLES: Readonly<Record<number, string>> = {
  403: 'You may not open this',
  404: 'There is nothing here',
  410: 'This is no longer here',
  416: 'This part of the file does not exist',
  423: 'Somebody has locked this',
  429: 'Too many requests',
  503: 'This cannot be reached just now',
  504: 'This takes too long just now',
};

export interface ErrorPage {
  readonly status: number;
  readonly message: string;
  /** Seconds after which it may be tried again. */
  readonly retryAfter: string | undefined;
  /** The ways back: what each is called, and its URL. */
  readonly ways: readonly { readonly label: string; readonly href: string }[];
}

/** Renders the page of an address that cannot be shown, with ways back. It has no scripts and loads nothing. */
export function renderErrorPage({ status, message, retryAfter, ways }: ErrorPage): string {
  const title = TITLES[status] ?? (status < 500 ? 'This address cannot be opened' : 'Something went wrong');
  const again = retryAfter === undefined ? '' : `<p>Please try again in ${escapeXml(retryAfter)} seconds.</p>\n`;
  const links = ways.map(
    ({ label, href }) => `<li><a href="${escapeXml(href)}"><bdi>${escapeXml(label)}</bdi></a></li>`,
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>${FOLDER_STYLE}</style>
</head>
<body>
<header>
<nav aria-label="Ways back"><ol translate="no">
${links.join('\n')}
</ol></nav>
<h1>${title}</h1>
</header>
<main>
<p>${escapeXml(message)}</p>
${again}</main>
</body>
</html>
`;
}
