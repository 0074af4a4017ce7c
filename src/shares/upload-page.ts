import type { ServerResponse } from 'node:http';
import { type Html, html, trusted } from '../lib/html.ts';
import { type AppOnPage, appPolicy, renderAppHead } from '../webdav/folder-page/app-page.ts';
import { FOLDER_STYLE, FOLDER_STYLE_HASH } from '../webdav/folder-page/folder-style.ts';

/** What has become of one file of a form. */
export interface SentFile {
  /** As its sender calls it. */
  readonly name: string;
  /** Its name now; absent: it is not stored. */
  readonly storedAs?: string;
  readonly problem?: string;
  /** The HTTP status of the problem. */
  readonly status?: number;
}

export interface UploadPage {
  /** The name of the folder. */
  readonly name: string;
  /** Its href, to which the form goes from whatever address the page has. */
  readonly root: string;
  /** Its URL, with a slash at its end. */
  readonly base: string;
  readonly hasPassword: boolean;
  /** The app that takes over in a browser with scripts; undefined: the page has no script. */
  readonly app: AppOnPage | undefined;
  /** What the form of the request has brought. */
  readonly sent?: readonly SentFile[];
}

/** The form works without scripts, and sends to this server alone. */
const PLAIN_POLICY = [
  ...["default-src 'none'", `style-src '${FOLDER_STYLE_HASH}'`],
  ...["base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"],
].join('; ');

/** Sends the page of a share that takes uploads: it takes files, and shows nothing of the folder. */
export function sendUploadPage(response: ServerResponse, page: UploadPage, status = 200): void {
  const body = String(renderUploadPage(page));
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy': page.app === undefined ? PLAIN_POLICY : appPolicy(page.app),
    ...(page.app === undefined ? {} : { 'Cross-Origin-Opener-Policy': 'same-origin' }),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, no-cache',
    Vary: 'Accept',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function renderUploadPage({ name, root, base, hasPassword, app, sent = [] }: UploadPage): Html {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Send files to ${name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>${trusted(FOLDER_STYLE)}</style>
${app === undefined ? '' : trusted(renderAppHead(app))}</head>
<body>
<header>
<h1>Send files to <bdi translate="no">${name}</bdi></h1>
</header>
<main>
${sent.length === 0 ? '' : renderSent(sent)}<p>This link takes files. It shows none, and a file that was sent cannot be replaced or taken back.</p>
<form method="post" action="${root}" enctype="multipart/form-data">
<label for="files">Files to send:</label>
<input id="files" type="file" name="files" multiple required>
<button>Send</button>
</form>
${renderCommands(base, hasPassword)}</main>
</body>
</html>
`;
}

function renderSent(sent: readonly SentFile[]): Html {
  return html`<ul role="status">
${sent.map(({ name, storedAs, problem }) => {
  const given = html`<bdi translate="no">${name}</bdi>`;
  const end =
    storedAs === undefined
      ? html`was not sent: ${problem}`
      : storedAs === name
        ? 'was sent'
        : html`was sent as <bdi translate="no">${storedAs}</bdi>`;
  return html`<li>${given} ${end}</li>
`;
})}</ul>
`;
}

function renderCommands(base: string, hasPassword: boolean): Html {
  const account = hasPassword ? '-u guest ' : '';
  return html`<p>By a program, one file:</p>
<pre translate="no"><code>curl -f ${account}-T report.pdf ${shellQuoted(base)}</code></pre>
<p>A folder:</p>
<pre translate="no"><code>rclone copy FOLDER :webdav: --webdav-url ${shellQuoted(base)}</code></pre>
<p>Programs for WebDAV can open this address as a folder.${hasPassword ? ' It needs its password, with any user name.' : ''}</p>
`;
}

/** The host comes from the request, so nothing in it may mean something to a shell. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
