import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isOpened } from '../../lib/own-page.ts';
import { type Language, wordsIn } from '../../words/words.ts';
import { escapeXml } from '../xml/xml-writer.ts';
import { FOLDER_STYLE_HASH } from './folder-style.ts';

/** What a folder's page needs for the app in the browser. */
export interface PageApp {
  /** The names of its files in `/-/app/`. */
  readonly script: string;
  readonly style: string;
  readonly icon: string;
  /** For iOS. */
  readonly touchIcon: string;
  readonly webManifest: string;
  /** The sources, as a policy names them, that redirected downloads and uploads lead to (CSP Level 3 §2.3.1). */
  readonly contentSources: readonly string[];
}

/** The app on one page. */
export interface AppOnPage {
  readonly app: PageApp;
  /** The href of the root of the tree, with a slash at its end. */
  readonly root: string;
  /** The same of the server, where the files of the app are. The tree of a share is below it. */
  readonly server: string;
  /** Names the page's own script and style in its policy. Another one for each answer. */
  readonly nonce: string;
  /** On the page of a share that only takes files: what people call it. */
  readonly takesFilesAs?: string;
}

/** 128 bits, which nobody guesses (CSP Level 3 §7.1). */
const NONCE_BYTES = 16;

/** Puts the app on one page. */
export function appOnPage(app: PageApp, at: Pick<AppOnPage, 'root' | 'server' | 'takesFilesAs'>): AppOnPage {
  return { app, ...at, nonce: randomBytes(NONCE_BYTES).toString('base64') };
}

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** The cookie that the app sets once it has run; its value is the look that its user has chosen. */
const APP_COOKIE = /(?:^|;\s*)webdav-app=(auto|light|dark)(?:;|$)/;

/** The headers that decide between the shell and the whole page, as caches must know. */
export const SHELL_HEADERS = 'Cookie, Sec-Fetch-Mode, Sec-Fetch-Dest, Upgrade-Insecure-Requests';

/**
 * Returns the look of the shell; undefined for a client that gets the whole page. A browser that has run the app says
 * which look was chosen, and one that opens a document can run it, too. Of any other nobody knows.
 */
export function shellThemeOf({ headers }: Pick<IncomingMessage, 'headers'>): Theme | undefined {
  const chosen = APP_COOKIE.exec(headers.cookie ?? '')?.[1];
  return THEMES.find(theme => theme === chosen) ?? (opensDocument(headers) ? 'auto' : undefined);
}

/**
 * Browsers name what they fetch by TLS and from their own machine (Fetch Metadata: Chromium 76, Firefox 90, Safari
 * 16.4). By plain HTTP they say of a document only that they would take it by TLS (Upgrade Insecure Requests §3.2.1).
 */
function opensDocument(headers: IncomingMessage['headers']): boolean {
  return headers['sec-fetch-mode'] === undefined ? headers['upgrade-insecure-requests'] === '1' : isOpened(headers);
}

/**
 * The policy of a page with the app. Only its own script runs, and what that imports: it has the nonce, and no file in
 * the tree has it, although it is of the same origin. Text can become HTML only through DOMPurify (Trusted Types).
 */
export function appPolicy({ app, nonce, takesFilesAs }: AppOnPage): string {
  const sources = app.contentSources.map(source => ` ${source}`).join('');
  return [
    ...["default-src 'none'", `script-src 'nonce-${nonce}'`, `style-src 'nonce-${nonce}' '${FOLDER_STYLE_HASH}'`],
    ...[`img-src 'self' blob:${sources}`, `media-src 'self' blob:${sources}`, `connect-src 'self'${sources}`],
    ...["frame-src 'self' blob:", "manifest-src 'self'"],
    ...["base-uri 'none'", `form-action ${takesFilesAs === undefined ? "'none'" : "'self'"}`, "frame-ancestors 'none'"],
    ...["require-trusted-types-for 'script'", 'trusted-types dompurify'],
  ].join('; ');
}

/**
 * The elements that the head of a page with the app has besides its own. The script does not wait for the end of the
 * page: a browser needs a minute to lay out a table of 100,000 rows.
 */
export function renderAppHead({ app, root, server, nonce, takesFilesAs }: AppOnPage): string {
  const at = (name: string) => escapeXml(`${server}-/app/${name}`);
  const data = `data-root="${escapeXml(root)}" data-server="${escapeXml(server)}" data-style="${at(app.style)}"`;
  const takes = takesFilesAs === undefined ? '' : ` data-takes-files-as="${escapeXml(takesFilesAs)}"`;
  // What is installed starts at the root of the server, where visitors of a share have no account.
  const manifest =
    root === server ? `<link rel="manifest" href="${at(app.webManifest)}" crossorigin="use-credentials">\n` : '';
  return `<link rel="icon" type="image/svg+xml" href="${at(app.icon)}">
<link rel="apple-touch-icon" href="${at(app.touchIcon)}">
${manifest}<script type="module" async nonce="${nonce}" src="${at(app.script)}" ${data}${takes}></script>
`;
}

/**
 * Renders the page for a browser that can run the app: it gets the entries by themselves. Without scripts it moves on to
 * the plain page; where the script cannot be had, a link leads there, which the style hides for the first seconds.
 */
export function renderShell(
  page: AppOnPage,
  { title, theme, language }: { title: string; theme: Theme; language: Language },
): string {
  const style = escapeXml(`${page.server}-/app/${page.app.style}`);
  return `<!DOCTYPE html>
<html lang="${language}" data-theme="${theme}">
<head>
<meta charset="utf-8">
<title>${escapeXml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<noscript><meta http-equiv="refresh" content="0; url=?view=plain"></noscript>
<link rel="stylesheet" nonce="${page.nonce}" href="${style}">
${renderAppHead(page)}</head>
<body><p class="without-app"><a href="?view=plain">${escapeXml(wordsIn(language).folder.withoutScripts)}</a></p></body>
</html>
`;
}
