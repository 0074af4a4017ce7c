import DOMPurify from 'dompurify';
import { Marked } from 'marked';

/** What Markdown can say, and nothing that loads, runs, or looks like a part of the app. */
const ALLOWED = {
  ALLOWED_TAGS: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'br', 'hr', 'blockquote', 'ul', 'ol', 'li', 'pre', 'code'],
    ...['em', 'strong', 'del', 'sub', 'sup', 'kbd', 'a', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
    ...['details', 'summary'],
  ],
  ALLOWED_ATTR: ['href', 'title', 'align', 'start'],
  // Only absolute links to other sites: a relative one would be a link to a file of this server.
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

/** The elements that people write as HTML in Markdown because it has no sign for them. */
const WRITTEN_AS_HTML = /^<(\/?)(br|kbd|sub|sup|details|summary)\b/i;

const markdown = new Marked({
  async: false,
  gfm: true,
  renderer: {
    html: ({ text }) => reduceHtml(text),
    // A box that cannot be ticked is a sign, not a field.
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
});

/** Renders Markdown. The result is cleaned by DOMPurify, whose policy is the only one that the page allows. */
export function renderMarkdown(text: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(String(markdown.parse(text)), { ...ALLOWED, RETURN_DOM_FRAGMENT: true });
  for (const link of fragment.querySelectorAll('a')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  }
  return fragment;
}

/**
 * Leaves a few elements of written HTML, without attributes. DOMPurify would remove the rest as well, but the browser
 * would report each handler and each style in it as a breach of the page's policy.
 */
function reduceHtml(html: string): string {
  const withoutCode = html
    .replaceAll(/<(script|style)\b[\s\S]*?(<\/\1\s*>|$)/gi, '')
    .replaceAll(/<!--[\s\S]*?(-->|$)/g, '');
  return withoutCode
    .split(/(<[^>]*>)/)
    .map(part => {
      const [, slash, name] = WRITTEN_AS_HTML.exec(part) ?? [];
      return name === undefined ? part.replaceAll(/<[^>]*>/g, '').replaceAll('<', '&lt;') : `<${slash}${name}>`;
    })
    .join('');
}
