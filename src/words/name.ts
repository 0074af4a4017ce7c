import { type Html, html } from '../lib/html.ts';

/** A name in a sentence, isolated from its direction and left as it is by translators. */
export function nameIn(name: string): Html {
  return html`<bdi translate="no">${name}</bdi>`;
}

/** The same where there can be no elements, as in a title: U+2068 and U+2069 isolate (UAX 9 §2.4). */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

/** What a server says of a failure, in English, behind a sentence in another language. */
export function withDetail(sentence: string, message: string): Html {
  return html`${sentence} <span lang="en">(<bdi>${message}</bdi>)</span>`;
}
