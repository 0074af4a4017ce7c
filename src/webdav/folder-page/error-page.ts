import { escapeXml } from '../xml/xml-writer.ts';
import { FOLDER_STYLE } from './folder-style.ts';

export interface ErrorPage {
  readonly status: number;
  /** Why it is so, in plain words. */
  readonly message: string;
  /** The hrefs of the folder above and of the root. */
  readonly above: string;
  readonly root: string;
}

/** What a person is told first; the message says the rest. */
const TITLES: Readonly<Record<number, string>> = {
  403: 'You may not see this',
  404: 'There is nothing here',
  410: 'This is not there any more',
};

/** Renders an error for a person who has opened a URL in a browser, with ways back. */
export function renderErrorPage({ status, message, above, root }: ErrorPage): string {
  const title = TITLES[status] ?? (status >= 500 ? 'This cannot be shown now' : 'This cannot be shown');
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
<nav aria-label="Ways back"><ol>
<li><a href="${escapeXml(root)}">Home</a></li>
<li><a href="${escapeXml(above)}">The folder above</a></li>
</ol></nav>
<h1>${title}</h1>
</header>
<main><p>${escapeXml(message)}</p></main>
</body>
</html>
`;
}
