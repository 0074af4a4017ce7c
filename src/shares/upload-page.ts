import type { ServerResponse } from 'node:http';
import { escapeHtml } from '../lib/escape-html.ts';
import { FOLDER_STYLE, FOLDER_STYLE_HASH } from '../webdav/folder-page/folder-style.ts';

export interface UploadPage {
  /** The name of the folder. */
  readonly name: string;
  /** Its URL, with a slash at its end. */
  readonly base: string;
  readonly hasPassword: boolean;
}

const POLICY = [
  ...["default-src 'none'", `style-src '${FOLDER_STYLE_HASH}'`],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

/** Sends the page of a share that takes uploads: it explains how, and shows nothing of the folder. */
export function sendUploadPage(response: ServerResponse, page: UploadPage): void {
  const body = renderUploadPage(page);
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, no-cache',
    Vary: 'Accept',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function renderUploadPage({ name, base, hasPassword }: UploadPage): string {
  const title = escapeHtml(name);
  const account = hasPassword ? '-u guest ' : '';
  const command = escapeHtml(`curl -f ${account}-T report.pdf ${shellQuoted(base)}`);
  const rclone = escapeHtml(`rclone copy FOLDER :webdav: --webdav-url ${shellQuoted(base)}`);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Send files to ${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>${FOLDER_STYLE}</style>
</head>
<body>
<header>
<h1>Send files to <bdi translate="no">${title}</bdi></h1>
</header>
<main>
<p>This link takes files. It shows none, and a file that was sent cannot be replaced or taken back.</p>
<p>Send one file:</p>
<pre translate="no"><code>${command}</code></pre>
<p>Send a folder:</p>
<pre translate="no"><code>${rclone}</code></pre>
<p>Programs for WebDAV can open this address as a folder.${hasPassword ? ' It needs its password, with any user name.' : ''}</p>
</main>
</body>
</html>
`;
}

/** The host comes from the request, so nothing in it may mean something to a shell. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
