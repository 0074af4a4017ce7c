import DOMPurify from 'dompurify';
import { marked } from 'marked';

/** What Markdown can say, and nothing that loads, runs, or looks like a part of the app. */
const ALLOWED = {
  ALLOWED_TAGS: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'br', 'hr', 'blockquote', 'ul', 'ol', 'li', 'pre', 'code'],
    ...['em', 'strong', 'del', 's', 'sub', 'sup', 'kbd', 'a', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
    ...['details', 'summary', 'dl', 'dt', 'dd'],
  ],
  ALLOWED_ATTR: ['href', 'title', 'align', 'start', 'open'],
  // Only absolute links to other sites: a relative one would be a link to a file of this server.
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

/** Renders Markdown. HTML in it is cleaned by DOMPurify, whose policy is the only one that the page allows. */
export function renderMarkdown(text: string): DocumentFragment {
  const html = marked.parse(text, { async: false, gfm: true });
  const fragment = DOMPurify.sanitize(html, { ...ALLOWED, RETURN_DOM_FRAGMENT: true });
  for (const link of fragment.querySelectorAll('a')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  }
  return fragment;
}
