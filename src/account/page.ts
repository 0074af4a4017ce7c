import type { ServerResponse } from 'node:http';
import { type Html, html, trusted } from '../lib/html.ts';
import { type Language, languageFor, languageHeaders } from '../words/words.ts';
import { CONTENT_SECURITY_POLICY, SCRIPT, STYLE } from './style.ts';

export interface Page {
  readonly status?: number;
  /** Without elements. */
  readonly title: string | Html;
  /** Absent: the title. */
  readonly heading?: Html;
  /** Without the `h1`. */
  readonly body: Html;
  /** Above the title: the person, the way out. */
  readonly header?: Html | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** An address at which the browser goes on by itself. */
  readonly next?: string | undefined;
}

/**
 * No other page may show, read, keep or be told of these. `same-origin`: with `no-referrer` browsers would send
 * `Origin: null` with our own forms (Fetch Standard, "append a request Origin header").
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

export function sendPage(response: ServerResponse, page: Page): void {
  const language = languageFor(response.req.headers);
  send(response, page.status ?? 200, String(layOut(page, language)), {
    'Content-Type': 'text/html; charset=utf-8',
    ...languageHeaders(language),
    ...page.headers,
  });
}

/** Sends the browser to another address, with GET. */
export function sendTo(response: ServerResponse, location: string, headers: Page['headers'] = {}): void {
  send(response, 303, '', { Location: location, ...headers });
}

export function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: NonNullable<Page['headers']>,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  for (const [name, value] of Object.entries({ ...PAGE_HEADERS, ...headers })) {
    response.setHeader(name, value);
  }
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

function layOut({ title, heading, body, header, next }: Page, language: Language): Html {
  return html`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${title} – OneDrive over WebDAV</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${next === undefined ? undefined : html`<meta http-equiv="refresh" content="0; url=${next}">`}
<style>${trusted(STYLE)}</style>
</head>
<body>
${header}
<main>
<h1>${heading ?? title}</h1>
${body}
</main>
<script type="module">${trusted(SCRIPT)}</script>
</body>
</html>
`;
}
