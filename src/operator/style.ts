import { createHash } from 'node:crypto';

/** The look of the folder pages, wide, for tables. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --card: #f6f8fa; --text: #1c2128; --quiet: #59636e; --line: #d8dde3;
  --link: #0b57b7; --good: #1a7f37; --warn: #8a5a00; --bad: #b42318;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1d2227; --text: #e3e7ec; --quiet: #9aa4b0; --line: #3a424b;
    --link: #7cb7ff; --good: #4ac26b; --warn: #e0ae49; --bad: #ff8b82;
  }
}
* { box-sizing: border-box; }
body {
  max-width: 78rem; margin: 0 auto; padding: 2rem 1.5rem 4rem;
  background: var(--page); color: var(--text);
  font: .9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
a { color: var(--link); text-underline-offset: .2em; }
h1 { margin: 0; font-size: 1.5rem; font-weight: 600; letter-spacing: -.01em; }
h2 { margin: 2.25rem 0 .5rem; font-size: 1.0625rem; font-weight: 600; }
h2 small { margin-left: .5rem; color: var(--quiet); font-weight: 400; font-size: .875rem; }
p { margin: 0 0 .5rem; }
.quiet { color: var(--quiet); }
.top { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.25rem; }
.state { display: inline-flex; align-items: center; gap: .45rem; font-weight: 600; }
.state::before { content: ""; width: .65rem; height: .65rem; border-radius: 50%; background: currentColor; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
.figures div { padding: .75rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.figures dt { color: var(--quiet); font-size: .8125rem; }
.figures dd { margin: .1rem 0 0; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere; }
.figures small { display: block; color: var(--quiet); font-size: .8125rem; font-weight: 400; }
.scrolls { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; }
thead th { color: var(--quiet); font-size: .8125rem; font-weight: 500; white-space: nowrap; }
td { overflow-wrap: anywhere; }
td.number, th.number { text-align: end; white-space: nowrap; }
td.time { white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
form { display: inline; }
button {
  padding: .2rem .65rem; background: var(--page); color: var(--bad); border: 1px solid currentColor;
  border-radius: 6px; font: inherit; font-size: .875rem; cursor: pointer;
}
meter { width: 7rem; vertical-align: middle; }
.stale { margin: 0 0 1rem; color: var(--warn); }
@media (max-width: 40rem) { body { padding: 1.25rem 1rem 3rem; } }
`;

/**
 * Shows each new state as it comes. The server has made it, with every text escaped; the policy lets no other script
 * make HTML. A form that is in use is not replaced.
 */
export const SCRIPT = `
const policy = globalThis.trustedTypes?.createPolicy('operator-page', { createHTML: text => text }) ?? { createHTML: text => text };
const main = document.querySelector('[data-live]');
const source = new EventSource('?view=events');
let stale, late;
source.addEventListener('page', ({ data }) => {
  clearTimeout(late);
  late = undefined;
  stale?.remove();
  if (!main.contains(document.activeElement)) {
    main.innerHTML = policy.createHTML(JSON.parse(data));
  }
});
source.addEventListener('error', () => {
  // The server ends a stream now and then, and the browser begins another one.
  late ??= setTimeout(() => {
    stale = document.createElement('p');
    stale.className = 'stale';
    stale.setAttribute('role', 'status');
    stale.textContent = main.dataset.stale;
    main.before(stale);
  }, 5000);
});
document.addEventListener('submit', event => {
  const question = event.target.dataset.asks;
  if (question && !confirm(question)) {
    event.preventDefault();
  }
});
`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** `'self'` would not do for scripts: files of users have the same origin. It does for what the script asks. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  "require-trusted-types-for 'script'",
  'trusted-types operator-page',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
