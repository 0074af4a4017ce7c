import { createHash } from 'node:crypto';
import { escapeHtml } from '../lib/escape-html.ts';
import type { ReceivedAnswer } from './consent-answer.ts';

/** System fonts only: the page's policy allows no loading. */
const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f6f8; --card: #fff; --text: #1c2128; --quiet: #59636e; --line: #dfe3e8; --good: #1a7f37; --bad: #b42318; --other: #9a6700;
}
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --card: #1d2227; --text: #e3e7ec; --quiet: #9aa4b0; --line: #2b3138; --good: #4ac26b; --bad: #ff7b72; --other: #e0ae49; }
}
* { box-sizing: border-box; }
body {
  display: grid; min-height: 100vh; margin: 0; padding: 1.5rem; place-items: center;
  background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main {
  width: 100%; max-width: 34rem; padding: 2rem 2.25rem;
  background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--tone); border-radius: 8px;
}
.good { --tone: var(--good); }
.bad { --tone: var(--bad); }
.other { --tone: var(--other); }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; font-weight: 600; line-height: 1.3; letter-spacing: -.01em; }
p { margin: 0 0 .75rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.25rem; margin: 1rem 0 1.25rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
dd:not(.words)::first-letter { text-transform: uppercase; }
code { font: .875rem/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
footer { margin-top: 1.25rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .875rem; }
`;

export interface ConsentPage {
  readonly status: number;
  readonly html: string;
}

/** No scripts, no loading, no frames; and no Referer, because the URL holds the state. */
export const CONSENT_PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** Renders the page for a browser that comes back from Microsoft, or that arrives by mistake. */
export function renderConsentPage(answer: ReceivedAnswer): ConsentPage {
  switch (answer.kind) {
    case 'granted':
      return page(200, 'good', 'Consent was granted', [
        '<p>The application may now work with the files of this organisation. Setup continues in the terminal where you started it.</p>',
      ]);
    case 'refused':
      return page(200, 'bad', 'Consent was refused', [
        '<dl>',
        ...[
          ['By', answer.by],
          ['Why', answer.reason],
          ['What to do', answer.cure],
        ].map(([term, description]) => `<dt>${term}</dt><dd>${escapeHtml(description!)}</dd>`),
        `<dt>Microsoft says</dt><dd class="words"><code>${escapeHtml(answer.detail)}</code></dd>`,
        '</dl>',
        '<p>Nothing was changed. The terminal where you started setup says the same.</p>',
      ]);
    case 'foreign':
      return page(400, 'other', 'This answer is not for this setup', [
        '<p>It belongs to an earlier attempt or was made up, so setup ignored it. Setup is still waiting: open the address that the terminal shows.</p>',
      ]);
    case 'stray':
      return page(404, 'other', 'Setup is waiting for Microsoft', [
        '<p>This address only receives the answer of the consent page. Open the address that the terminal shows.</p>',
      ]);
  }
}

function page(status: number, tone: string, title: string, body: readonly string[]): ConsentPage {
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} – onedrive-webdav</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>${STYLE}</style>
</head>
<body>
<main class="${tone}">
<h1>${title}</h1>
${body.join('\n')}
<footer>onedrive-webdav setup. You can close this page.</footer>
</main>
</body>
</html>
`;
  return { status, html };
}
