import { createHash } from 'node:crypto';

/** The look of the folder pages: system fonts and drawn marks only, because the policy forbids loading anything. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --card: #f6f8fa; --text: #1c2128; --quiet: #59636e; --line: #d8dde3;
  --link: #0b57b7; --on-link: #fff; --good: #1a7f37; --bad: #b42318; --field: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1d2227; --text: #e3e7ec; --quiet: #9aa4b0; --line: #3a424b;
    --link: #7cb7ff; --on-link: #10233b; --good: #4ac26b; --bad: #ff8b82; --field: #14171b;
  }
}
* { box-sizing: border-box; }
body {
  max-width: 46rem; margin: 0 auto; padding: 2rem 1.5rem 4rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--link); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
header {
  display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; padding-bottom: .75rem;
  margin-bottom: 1.75rem; border-bottom: 1px solid var(--line);
}
header .who { flex: 1; min-width: 12rem; overflow-wrap: anywhere; }
header .who span, .quiet, footer { color: var(--quiet); font-size: .875rem; }
header .who span { display: block; }
h1 { margin: 0 0 1rem; font-size: 1.625rem; font-weight: 600; line-height: 1.3; letter-spacing: -.01em; }
h2 { margin: 2.25rem 0 .75rem; font-size: 1.1875rem; font-weight: 600; }
h3 { margin: 0; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 0 0 .75rem; }
.steps { margin: 0 0 1rem; padding-left: 1.4rem; }
.steps > li { margin-bottom: .75rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; margin: 0 0 1rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre, .password { font: .875rem/1.55 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
pre {
  margin: 0; padding: .75rem .875rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere;
  background: var(--card); border: 1px solid var(--line); border-radius: 6px;
}
.copied { margin: 0 0 1rem; }
.copied button { margin-top: .4rem; }
pre.password { font-size: 1.25rem; letter-spacing: .02em; }
.notice {
  margin: 0 0 1.25rem; padding: .75rem 1rem; background: var(--card); border: 1px solid var(--line);
  border-left: 4px solid var(--good); border-radius: 6px;
}
.notice.bad { border-left-color: var(--bad); }
.notice > :last-child { margin-bottom: 0; }
ul.list { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
ul.list > li {
  display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; padding: .75rem 0;
  border-bottom: 1px solid var(--line);
}
ul.list > li > div { flex: 1; min-width: 14rem; }
ul.list p { margin: 0; }
nav ul { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 1.5rem; padding: 0; list-style: none; }
nav a {
  display: inline-block; padding: .35rem .8rem; border: 1px solid var(--line); border-radius: 999px;
  text-decoration: none; color: var(--text);
}
nav a[aria-current] { background: var(--link); border-color: var(--link); color: var(--on-link); }
form.fields {
  display: grid; gap: 1rem; padding: 1rem 1.25rem 1.25rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px;
}
.field label { display: block; font-weight: 500; }
.field .hint { margin: 0 0 .25rem; color: var(--quiet); font-size: .875rem; }
.field.check label { display: flex; gap: .6rem; align-items: baseline; font-weight: 400; }
input[type=text], input[type=date] {
  width: 100%; max-width: 26rem; padding: .5rem .65rem; background: var(--field); color: var(--text);
  border: 1px solid var(--quiet); border-radius: 6px; font: inherit;
}
input[type=checkbox] { width: 1.1rem; height: 1.1rem; flex: none; accent-color: var(--link); }
button, .button {
  display: inline-block; padding: .5rem 1rem; background: var(--page); color: var(--text);
  border: 1px solid var(--quiet); border-radius: 6px; font: inherit; text-decoration: none; cursor: pointer;
}
button.first, .button.first {
  background: var(--link); border-color: var(--link); color: var(--on-link); font-weight: 500; justify-self: start;
}
button.bad { color: var(--bad); border-color: currentColor; }
button[hidden] { display: none; }
figure { margin: 1.25rem 0; }
figure svg { display: block; width: 100%; max-width: 27rem; height: auto; }
figure.qr svg { width: 11rem; max-width: 100%; background: #fff; border: 1px solid var(--line); border-radius: 6px; }
figcaption { margin-top: .4rem; color: var(--quiet); font-size: .875rem; }
.pic-back { fill: var(--card); stroke: var(--line); }
.pic-bar { fill: var(--line); }
.pic-field { fill: var(--field); stroke: var(--quiet); }
.pic-main { fill: var(--link); }
.pic-text { fill: var(--text); font: 13px system-ui, sans-serif; }
.pic-quiet { fill: var(--quiet); font: 12px system-ui, sans-serif; }
.pic-on { fill: var(--on-link); font: 13px system-ui, sans-serif; }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--line); }
@media (max-width: 36rem) {
  body { padding: 1.25rem 1rem 3rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
}
`;

/** Shows the copy buttons, and makes them work. Without scripts the pages do the same by hand. */
export const SCRIPT = `
for (const button of document.querySelectorAll('button[data-copies]')) {
  if (navigator.clipboard) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
      button.textContent = button.dataset.copied;
    });
  }
}
`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * Nothing is loaded, nothing is framed, forms go nowhere else, and the only style and script are ours, by their hashes.
 * `'self'` would not do for scripts: files of users have the same origin.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
