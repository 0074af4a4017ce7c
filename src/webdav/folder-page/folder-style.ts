import { createHash } from 'node:crypto';

/**
 * The style of a folder's page. It uses system fonts and drawn marks only, because the page's policy forbids loading
 * anything. A table stays a table on a phone, because `display: block` would take its meaning from screen readers.
 */
export const FOLDER_STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --text: #1c2128; --quiet: #59636e; --line: #e4e7eb; --hover: #f4f6f8;
  --link: #0b57b7; --folder: #d99a1c; --file: #8c959f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --text: #e3e7ec; --quiet: #9aa4b0; --line: #2b3138; --hover: #1d2227;
    --link: #7cb7ff; --folder: #e0ae49; --file: #76808b;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3rem; }
body {
  max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: inherit; text-decoration: none; }
a:hover { text-decoration: underline; text-underline-offset: .2em; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
bdi, h1 { overflow-wrap: anywhere; white-space: pre-wrap; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.5rem; margin-bottom: 1.25rem; }
nav { flex-basis: 100%; }
nav ol { display: flex; flex-wrap: wrap; margin: 0; padding: 0; list-style: none; font-size: .875rem; }
nav a { color: var(--link); }
nav li + li::before { content: "/"; padding: 0 .5em; color: var(--quiet); }
h1 { flex: 1; margin: 0; font-size: 1.625rem; font-weight: 600; line-height: 1.3; letter-spacing: -.01em; }
header p, caption, main p { margin: 0; color: var(--quiet); font-size: .875rem; text-align: start; }
caption { padding: 0 .5rem .5rem; }

table {
  width: calc(100% + 1rem); margin: 0 -.5rem; border-collapse: separate; border-spacing: 0;
  font-variant-numeric: tabular-nums;
}
th, td {
  padding: 0 0 0 1.5rem; border-bottom: 1px solid var(--line); font-weight: 400;
  text-align: end; vertical-align: baseline; white-space: nowrap;
}
th:first-child { width: 100%; padding-left: 0; text-align: start; white-space: normal; }
td { color: var(--quiet); font-size: .875rem; }
td:last-child, thead th:last-child { padding-right: .5rem; }
thead th { position: sticky; top: 0; z-index: 1; vertical-align: bottom; background: var(--page); font-size: .8125rem; }
thead a { display: inline-block; padding: .5rem 0; color: var(--quiet); }
thead th:first-child a { padding-left: .5rem; }
thead [aria-sort] a { color: var(--text); font-weight: 600; }
thead [aria-sort] a::after { content: " \\2191"; content: " \\2191" / ""; }
thead [aria-sort="descending"] a::after { content: " \\2193"; content: " \\2193" / ""; }
tbody tr:hover { background: var(--hover); }
tbody a { position: relative; display: block; padding: .5rem .5rem .5rem 2.25rem; }
tbody a::before {
  position: absolute; left: .5rem; top: .75rem; width: 18px; height: 16px;
  background: var(--file); content: ""; forced-color-adjust: none;
  clip-path: path(evenodd, "M4 0h6.5l4.5 4.5v10a1.5 1.5 0 0 1-1.5 1.5h-9.5a1.5 1.5 0 0 1-1.5-1.5v-13a1.5 1.5 0 0 1 1.5-1.5zM4.2 1.3a.4.4 0 0 0-.4.4v12.6a.4.4 0 0 0 .4.4h9.1a.4.4 0 0 0 .4-.4v-8.6h-3.9v-4.4z");
}
tbody a.folder { font-weight: 500; }
tbody a.folder::before {
  background: var(--folder);
  clip-path: path("M1.5 1h4.7a1.5 1.5 0 0 1 1.1.5l1.2 1.5h8a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-15a1.5 1.5 0 0 1-1.5-1.5v-11a1.5 1.5 0 0 1 1.5-1.5z");
}

form { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1rem; margin: 1.25rem 0 2rem; }
input, button { font: inherit; color: inherit; }
input[type="file"] { max-width: 100%; }
button {
  padding: .4rem 1.25rem; background: var(--page); color: var(--link);
  border: 1px solid currentColor; border-radius: 6px; cursor: pointer;
}
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .75rem 1rem; background: var(--hover); border-radius: 6px; font-size: .875rem; }
main ul { margin: 0 0 1.25rem; padding: 0; list-style: none; }

@media (max-width: 36rem) {
  body { padding: 1.25rem 1rem 3rem; }
  th, td { padding-left: .75rem; }
  th, td:last-child { white-space: normal; }
  td:last-child { min-width: 8em; }
  td, thead th { font-size: .8125rem; line-height: 1.35; }
  tbody td { padding-bottom: .5rem; }
}
`;

/** The name of this style in a Content-Security-Policy. A changed style has another name. */
export const FOLDER_STYLE_HASH = `sha256-${createHash('sha256').update(FOLDER_STYLE).digest('base64')}`;

/** The policy of a page without the app: its own style is the only active content, whatever a name holds. */
export const PLAIN_POLICY = [
  ...["default-src 'none'", `style-src '${FOLDER_STYLE_HASH}'`],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');
