import type { ServerResponse } from 'node:http';
import { type Html, html, trusted } from '../lib/html.ts';
import { type AppOnPage, appPolicy, renderAppHead } from '../webdav/folder-page/app-page.ts';
import { FOLDER_STYLE_HASH, renderPlainDocument } from '../webdav/folder-page/plain-document.ts';
import { isolated, nameIn } from '../words/name.ts';
import { type Language, languageHeaders, type Words, wordsIn } from '../words/words.ts';

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
  readonly language: Language;
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
    ...languageHeaders(page.language, 'Accept'),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function renderUploadPage({ name, root, base, hasPassword, language, app, sent = [] }: UploadPage): Html {
  const words = wordsIn(language);
  const { upload } = words;
  return renderPlainDocument({
    language,
    title: upload.title(isolated(name)),
    head: html`${app && trusted(renderAppHead(app))}`,
    header: html`<h1>${upload.title(nameIn(name))}</h1>\n`,
    main: html`${sent.length === 0 ? '' : renderSent(sent, words)}<p>${upload.what}</p>
<form method="post" action="${root}" enctype="multipart/form-data">
<label for="files">${upload.files}</label>
<input id="files" type="file" name="files" multiple required>
<button>${upload.send}</button>
</form>
${renderCommands(base, { hasPassword, words: upload })}`,
  });
}

function renderSent(sent: readonly SentFile[], words: Words): Html {
  return html`<ul role="status">
${sent.map(file => html`<li>${renderFate(file, words)}</li>\n`)}</ul>
`;
}

function renderFate({ name, storedAs, problem = '', status = 500 }: SentFile, { upload, error }: Words): Html {
  const given = nameIn(name);
  if (storedAs === undefined) {
    return upload.notSent(given, error.problem(status, problem));
  }
  return storedAs === name ? upload.sent(given) : upload.sentAs(given, nameIn(storedAs));
}

function renderCommands(
  base: string,
  { hasPassword, words }: { readonly hasPassword: boolean; readonly words: Words['upload'] },
): Html {
  const account = hasPassword ? '-u guest ' : '';
  return html`<p>${words.oneFile}</p>
<pre translate="no"><code>curl -f ${account}-T report.pdf ${shellQuoted(base)}</code></pre>
<p>${words.folder}</p>
<pre translate="no"><code>rclone copy FOLDER :webdav: --webdav-url ${shellQuoted(base)}</code></pre>
<p>${words.programs}${hasPassword ? ` ${words.needsPassword}` : ''}</p>
`;
}

/** The host comes from the request, so nothing in it may mean something to a shell. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
