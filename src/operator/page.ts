import type { ServerResponse } from 'node:http';
import { type Html, html, trusted } from '../lib/html.ts';
import { type Language, languageHeaders } from '../words/words.ts';
import { CONTENT_SECURITY_POLICY, SCRIPT, STYLE } from './style.ts';
import { wordsIn } from './words.ts';

/** No other page may show, read or keep what operators see, nor send a form in their name. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

export interface PlainAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends an answer of the page, with the headers that all of them have. */
export function send(response: ServerResponse, { status, type, text, headers = {} }: PlainAnswer): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const length = { 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(text)) };
  response.writeHead(status, { ...HEADERS, ...length, ...headers });
  response.end(text);
}

/** The head of a stream of events. */
export function beginEvents(response: ServerResponse): void {
  // Proxies such as nginx would gather the events otherwise.
  response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
}

export interface Page {
  readonly title: string;
  readonly main: Html;
  readonly language: Language;
}

export function sendPage(response: ServerResponse, status: number, page: Page): void {
  const text = String(layOut(page));
  const headers = languageHeaders(page.language);
  send(response, { status, type: 'text/html; charset=utf-8', text, headers });
}

/** Sends the browser to the page, with GET. */
export function sendBack(response: ServerResponse, location: string): void {
  send(response, { status: 303, type: 'text/plain', text: '', headers: { Location: location } });
}

/** `data-live`: what the script replaces when the server has something new. */
function layOut({ title, main, language }: Page): Html {
  return html`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>${trusted(STYLE)}</style>
</head>
<body>
<main data-live data-stale="${wordsIn(language).stale}">
${main}
</main>
<script type="module">${trusted(SCRIPT)}</script>
</body>
</html>
`;
}
